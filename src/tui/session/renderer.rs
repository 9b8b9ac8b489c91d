//! Rendering of frames: the bytes that bring the terminal up to date.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
    time::Instant,
};

use crossterm::{
    queue,
    terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, SetTitle},
};
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

use super::title::Title;
use crate::tui::{app::App, draw, pane::samples::Cache, picture::graphics::board::Board};

/// The maximum width of the drawn area, in cells: a screen of 3840 × 2160 pixels in a font of 6 × 9.
pub const MAX_WIDTH: u16 = 640;
/// The maximum height of the drawn area, in cells.
pub const MAX_HEIGHT: u16 = 240;

/// Renders the state as bytes for the terminal.
pub(super) struct Renderer {
    terminal: Terminal<CrosstermBackend<Bytes>>,
    bytes: Bytes,
    cache: Cache,
    board: Board,
    /// The area of the last frame.
    size: Rect,
    /// Whether the next frame redraws everything.
    full: bool,
    title: Title,
}

impl Renderer {
    /// Creates a renderer for the current size of the terminal.
    ///
    /// # Errors
    /// The size of the terminal cannot be read.
    pub(super) fn new() -> io::Result<Self> {
        let bytes = Bytes::default();
        let options = TerminalOptions {
            viewport: Viewport::Fixed(drawn_area()?),
        };
        Ok(Self {
            terminal: Terminal::with_options(CrosstermBackend::new(bytes.clone()), options)?,
            bytes,
            cache: Cache::default(),
            board: Board::default(),
            size: Rect::ZERO,
            full: true,
            title: Title::default(),
        })
    }

    /// Makes the next frame redraw everything.
    ///
    /// # Errors
    /// The size of the terminal cannot be read.
    pub(super) fn redraw(&mut self) -> io::Result<()> {
        self.full = true;
        self.resize(drawn_area()?)
    }

    /// Forgets the pictures of a run that is shown no more.
    pub(super) fn forget_pictures(&mut self) {
        self.cache.forget();
    }

    /// Clears the terminal and sets the drawn area.
    fn resize(&mut self, area: Rect) -> io::Result<()> {
        self.terminal.resize(area)?;
        queue!(self.bytes, Clear(ClearType::All))
    }

    /// Renders a frame: the cells and pictures that changed, within one synchronized update.
    ///
    /// # Errors
    /// The size of the terminal cannot be read.
    pub(super) fn frame(&mut self, app: &App) -> io::Result<Vec<u8>> {
        let mut frame = Vec::new();
        if let Some(title) = self
            .title
            .next(app, Instant::now())
            .filter(|_| app.look.titled)
        {
            queue!(frame, SetTitle(title))?;
        }
        queue!(frame, BeginSynchronizedUpdate)?;
        let area = drawn_area()?;
        if std::mem::take(&mut self.full) || area != self.size {
            frame.append(&mut self.board.clear(app.graphics));
            if area != self.size {
                self.resize(area)?;
            }
            self.size = area;
        }
        let cache = &mut self.cache;
        cache.begin();
        cache.graphics = app.graphics;
        let mut placed = Vec::new();
        self.terminal.draw(|f| {
            draw::screen(f.buffer_mut(), app, cache);
            placed = cache.placed(f.buffer_mut());
        })?;
        let mut pictures = self.board.update(&placed, app.graphics);
        frame.append(&mut pictures.before);
        frame.append(&mut self.bytes.0.borrow_mut());
        frame.append(&mut pictures.after);
        queue!(frame, EndSynchronizedUpdate)?;
        Ok(frame)
    }
}

/// Returns the drawn area: the whole terminal, up to [`MAX_WIDTH`] × [`MAX_HEIGHT`] cells. Each cell takes memory in
/// several buffers, and a terminal may report a size of 65535 × 65535.
///
/// # Errors
/// The size of the terminal cannot be read.
pub(super) fn drawn_area() -> io::Result<Rect> {
    let (width, height) = crossterm::terminal::size()?;
    Ok(Rect::new(
        0,
        0,
        width.min(MAX_WIDTH),
        height.min(MAX_HEIGHT),
    ))
}

/// A buffer for the output of ratatui, which flushes several times per frame. The frame is written as a whole instead.
#[derive(Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
