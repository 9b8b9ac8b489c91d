//! The terminal's capabilities, and the theme that follows from them.

use ratatui::style::{Color, Modifier, Style};

/// The colours that the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// No colours.
    None,
    /// The 16 named colours.
    Sixteen,
    /// 256 colours.
    Indexed,
    /// 24 bits per colour.
    True,
}

/// The kinds of characters that pictures are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Glyphs {
    /// A ramp of ASCII characters from blank to dense.
    Ascii,
    /// Dithered braille dots.
    Braille,
    /// Half blocks: two coloured pixels per cell.
    HalfBlock,
    /// Pixels, through a graphics protocol of the terminal.
    Pixels,
}

impl Glyphs {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Glyphs::Ascii => "ASCII ramp",
            Glyphs::Braille => "braille dots",
            Glyphs::HalfBlock => "half blocks",
            Glyphs::Pixels => "pixels",
        }
    }
}

/// The terminal's capabilities and the theme.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The colours that the terminal shows.
    pub depth: Depth,
    /// Whether the terminal shows non-ASCII characters.
    pub unicode: bool,
    /// Whether the terminal has a window with a title.
    pub titled: bool,
    /// Whether the terminal's background is light.
    pub light: bool,
    /// The styles of that depth.
    pub theme: Theme,
}

impl Look {
    /// Returns the look with other colours.
    pub fn with_depth(self, depth: Depth) -> Self {
        Self { depth, ..self }.with_background(self.light)
    }

    /// Returns the look on a light or a dark background.
    pub fn with_background(self, light: bool) -> Self {
        Self {
            light,
            theme: Theme::of(self.depth, light),
            ..self
        }
    }

    /// The look at a depth of colour on a dark background, with or without Unicode.
    pub fn new(depth: Depth, unicode: bool) -> Self {
        Self {
            depth,
            unicode,
            titled: false,
            light: false,
            theme: Theme::of(depth, false),
        }
    }

    /// Returns the kinds of characters for pictures on this terminal, the best first.
    pub fn glyphs(&self) -> &'static [Glyphs] {
        match (self.unicode, self.depth) {
            (false, _) => &[Glyphs::Ascii],
            (true, Depth::None) => &[Glyphs::Ascii, Glyphs::Braille],
            (true, _) => &[Glyphs::HalfBlock, Glyphs::Ascii, Glyphs::Braille],
        }
    }
}

/// The styles by meaning. Text keeps the terminal's own colours, so it is readable on light and dark backgrounds.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Titles of panes.
    pub title: Style,
    /// Frames and rules.
    pub rule: Style,
    /// Secondary text.
    pub dim: Style,
    /// The discriminator.
    pub d: Style,
    /// The generator.
    pub g: Style,
    /// Real samples.
    pub real: Style,
    /// The bound of a measure.
    pub limit: Style,
    /// Cells with both real and generated samples.
    pub both: Style,
    /// Something that is switched on.
    pub on: Style,
    /// A change that is not in force yet.
    pub pending: Style,
    /// Errors.
    pub error: Style,
    /// Keys and the cursor of the curves.
    pub key: Style,
    /// The name of an active alarm.
    pub alarm: Style,
    /// The current view or the selected line: in one background, whatever the colours of its words.
    pub selected: Style,
    /// The edge of the focused pane.
    pub focus: Style,
}

impl Theme {
    fn of(depth: Depth, light: bool) -> Self {
        match depth {
            Depth::None => Self::plain(),
            Depth::Sixteen if light => Self::named_on_light(),
            Depth::Sixteen => Self::named(),
            Depth::Indexed | Depth::True => Self::coloured(),
        }
    }

    /// Returns a theme in 256 colours: those of Okabe and Ito's palette, which colour-blind people can tell apart, at a
    /// lightness that is readable on black and on white.
    fn coloured() -> Self {
        let (blue, orange, green, vermilion, gray) = (32, 172, 36, 166, 244);
        let ink = |index| Style::new().fg(Color::Indexed(index));
        Self {
            title: Style::new().add_modifier(Modifier::BOLD),
            rule: ink(gray),
            dim: ink(gray),
            d: ink(blue),
            g: ink(orange),
            real: ink(green),
            limit: Style::new().add_modifier(Modifier::BOLD),
            both: Style::new().fg(Color::Reset).add_modifier(Modifier::BOLD),
            on: ink(green),
            pending: ink(orange).add_modifier(Modifier::BOLD),
            error: ink(vermilion).add_modifier(Modifier::BOLD),
            key: Style::new().add_modifier(Modifier::BOLD),
            alarm: ink(vermilion).add_modifier(Modifier::BOLD | Modifier::REVERSED),
            selected: Style::new()
                .fg(Color::Reset)
                .bg(Color::Reset)
                .add_modifier(Modifier::REVERSED),
            focus: ink(blue).add_modifier(Modifier::BOLD),
        }
    }

    /// Returns a theme in 16 colours. D and G are blue and yellow, which colour-blind people can tell apart, and green is
    /// not used beside red.
    fn named() -> Self {
        let ink = |colour| Style::new().fg(colour);
        Self {
            rule: ink(Color::DarkGray),
            dim: ink(Color::DarkGray),
            d: ink(Color::LightBlue),
            g: ink(Color::Yellow),
            real: ink(Color::Cyan),
            on: ink(Color::Cyan),
            pending: ink(Color::Yellow).add_modifier(Modifier::BOLD),
            error: ink(Color::LightRed).add_modifier(Modifier::BOLD),
            focus: ink(Color::LightBlue).add_modifier(Modifier::BOLD),
            ..Self::coloured()
        }
    }

    /// Returns a theme in 16 colours for a light background, on which yellow and light colours cannot be read.
    fn named_on_light() -> Self {
        let ink = |colour| Style::new().fg(colour);
        Self {
            d: ink(Color::Blue),
            g: ink(Color::Magenta),
            real: ink(Color::Green),
            on: ink(Color::Green),
            pending: ink(Color::Magenta).add_modifier(Modifier::BOLD),
            focus: ink(Color::Blue).add_modifier(Modifier::BOLD),
            ..Self::named()
        }
    }

    /// Returns a theme that sets no colours: crossterm's sequence for the default colour would cancel other attributes.
    fn plain() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let dim = plain.add_modifier(Modifier::DIM);
        Self {
            title: bold,
            rule: dim,
            dim: plain,
            d: bold,
            g: plain,
            real: dim,
            limit: bold.add_modifier(Modifier::ITALIC),
            both: bold,
            on: plain,
            pending: bold,
            error: bold.add_modifier(Modifier::UNDERLINED),
            key: bold,
            alarm: bold.add_modifier(Modifier::REVERSED),
            selected: plain.add_modifier(Modifier::REVERSED),
            focus: bold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_theme_sets_no_colour() {
        let t = Theme::plain();
        for style in [
            t.title, t.rule, t.dim, t.d, t.g, t.real, t.limit, t.both, t.on, t.pending, t.error,
            t.key, t.alarm, t.selected, t.focus,
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        // Whole sentences are errors: reversed, they would be blocks.
        let is_reversed = |style: Style| style.add_modifier.contains(Modifier::REVERSED);
        assert!(!is_reversed(t.error) && is_reversed(t.selected));
    }
}
