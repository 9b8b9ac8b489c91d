//! The active alarms of all lanes and watched runs: what to try about the worst one, its present value, the others, and
//! what was seen.
//!
//! ```text
//!  ! b exploding gradient  Try: spectral normalization on, or a lower rate of D. Now ‖∇xD‖ 2.6e6
//!  in the last step, on since step 1,200. Also σ drifts d.2, c mode collapse. Then: ‖∇xD‖ on …
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::lanes;
use crate::tui::{
    app::{
        App,
        alarms::{Active, Whose},
    },
    look::tint::tint,
    words::{alarm, number},
};

/// The rows that the view keeps below all others, however long the advice is.
const VIEW: u16 = 3;
/// The rows that other lines take on a small screen.
const OTHERS: u16 = 2;

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let Some(text) = Text::of(app) else { return };
    super::lines(buf, area, text.wrapped(area.width as usize));
}

/// Returns whether an alarm of any lane is active.
pub(crate) fn is_on(app: &App) -> bool {
    !app.active_alarms().is_empty()
}

/// Returns the number of rows that the alarms take on a screen of this size; 0 if none is active. What to try about the
/// worst alarm always fits.
pub(crate) fn rows(app: &App, area: Rect) -> u16 {
    let Some(text) = Text::of(app) else { return 0 };
    let roomy = if area.height >= 24 && area.width < 160 {
        2
    } else {
        1
    };
    let rows = |words| text.first(words).wrapped(area.width as usize).len() as u16;
    let most = area.height.saturating_sub(VIEW + OTHERS);
    let worst = rows(text.worst);
    let wanted = rows(text.named).min(worst + 1).max(roomy);
    wanted.min(most).max(rows(text.advice).min(most))
}

/// Words in their styles, the most important first.
struct Text {
    words: Vec<Span<'static>>,
    /// The number of words up to the end of the advice.
    advice: usize,
    /// The number of words up to the end of the present value and the step.
    worst: usize,
    /// The number of words up to the end of the names of other alarms.
    named: usize,
}

impl Text {
    fn of(app: &App) -> Option<Self> {
        let theme = &app.look.theme;
        let all = app.active_alarms();
        let (first, others) = all.split_first()?;
        let worst = first.alarm;
        let (seen, _) = worst.parts();
        let advice = worst.advice(&first.snapshot.settings);
        let head = match first.name(app) {
            Some(name) => format!(" ! {name} {} ", alarm::title(worst)),
            None => format!(" ! {} ", alarm::title(worst)),
        };
        let mut text = Self {
            words: vec![Span::styled(head, theme.alarm)],
            advice: 1,
            worst: 1,
            named: 1,
        };
        text.say("Try:", |word| Span::styled(word, theme.title));
        text.say(&advice, Span::raw);
        text.end();
        text.advice = text.words.len();
        let step = number::count(worst.step);
        let dim = |word| Span::styled(word, theme.dim);
        match &first.present {
            Some(alarm::Present { words: value, .. }) => {
                text.say("Now", dim);
                text.say(&format!("{value},"), |word| Span::styled(word, theme.error));
                text.say(&format!("on since step {step}."), dim);
            }
            None => text.say(&format!("On since step {step}."), dim),
        }
        text.worst = text.words.len();
        text.name_others(app, others);
        text.named = text.words.len();
        if !seen.is_empty() {
            text.say("Then:", dim);
            text.say(seen, dim);
        }
        Some(text)
    }

    /// Names other alarms, those of one kind in one lane or run together.
    fn name_others(&mut self, app: &App, others: &[Active]) {
        let theme = &app.look.theme;
        let same = |a: &Active, b: &Active| (a.whose, a.alarm.kind) == (b.whose, b.alarm.kind);
        let groups: Vec<&[Active]> = others.chunk_by(same).collect();
        for (i, group) in groups.iter().enumerate() {
            let Some(first) = group.first() else { continue };
            if i == 0 {
                self.say("Also", |word| Span::styled(word, theme.dim));
            }
            self.words.extend(sign(app, first));
            let layers = group.iter().map(|other| other.alarm.layer.as_str());
            let layers: Vec<&str> = layers.collect();
            let end = if i + 1 == groups.len() { "." } else { "," };
            let name = format!("{} {}", alarm::name(first.alarm.kind), layers.join(" "));
            let name = name.trim_end().to_owned() + end;
            self.say(&name, |word| Span::styled(word, theme.error));
        }
    }

    fn say(&mut self, words: &str, style: impl Fn(String) -> Span<'static>) {
        let words = words.split_whitespace();
        self.words.extend(words.map(|word| style(word.to_owned())));
    }

    /// Ends the sentence.
    fn end(&mut self) {
        if let Some(word) = self.words.last_mut()
            && !word.content.ends_with('.')
        {
            word.content.to_mut().push('.');
        }
    }

    /// The first words alone.
    fn first(&self, words: usize) -> Self {
        Self {
            words: self.words.iter().take(words).cloned().collect(),
            ..*self
        }
    }

    /// Wraps the words into lines of at most `width` columns. A longer word has its own line.
    fn wrapped(&self, width: usize) -> Vec<Line<'static>> {
        let mut lines: Vec<Line> = Vec::new();
        for word in &self.words {
            match lines.last_mut() {
                Some(line) if line.width() + 1 + word.width() <= width => {
                    line.extend([Span::raw(" "), word.clone()]);
                }
                // The first word is a badge with a blank of its own.
                None => lines.push(Line::from(word.clone())),
                Some(_) => lines.push(Line::from(vec![Span::raw(" "), word.clone()])),
            }
        }
        lines
    }
}

/// Returns whose an alarm is, in the tint of the lane or run, if there are several.
fn sign(app: &App, active: &Active) -> Option<Span<'static>> {
    let name = active.name(app)?;
    Some(match active.whose {
        Whose::Lane(lane) if lanes::several(app) => {
            lanes::letter(&app.look, lane, lane == app.lanes.selected)
        }
        Whose::Lane(_) => Span::styled(name, app.look.theme.title),
        Whose::Behind(place) => Span::styled(name, tint(&app.look, place).style),
    })
}
