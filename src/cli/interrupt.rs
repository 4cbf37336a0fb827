//! Ctrl-C: the first one asks the run to finish its step and write its results, the second one ends it at once.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// The exit code of a program ended by Ctrl-C.
const CODE: i32 = 130;

/// Begins to listen. Without a handler Ctrl-C ends the program at once, as it does by default.
pub fn listen() {
    let heard = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(CODE);
        }
        eprintln!("oes: interrupted, writing the results; Ctrl-C again ends at once");
    });
    if let Err(error) = heard {
        eprintln!("oes: Ctrl-C will lose the results ({error})");
    }
}

/// Whether Ctrl-C was pressed.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
