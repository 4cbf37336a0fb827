//! Compares a device with the CPU twins, here and now: every kernel of a small training step by itself, then a few whole
//! steps. Without a platform: the worker runs it for a person, and the tests run it too.

mod compare;
mod report;
mod subject;

pub use report::{Checked, Difference, SelfTestReport};

use std::collections::VecDeque;

use crate::bench::Path;
use crate::train::{Backend, TrainError};
use subject::Subject;

/// What is compared, in this order.
const PATHS: [Path; 6] = [
    Path::Dense,
    Path::Rewritten,
    Path::Compact,
    Path::Lists,
    Path::Sparse,
    Path::Learn,
];

/// A self-test on its way.
pub struct SelfTest {
    backend: Backend,
    left: VecDeque<Path>,
    checked: Vec<Checked>,
}

impl SelfTest {
    /// Sets out the work; nothing is built yet.
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            left: PATHS.into(),
            checked: Vec::new(),
        }
    }

    /// Compares the next kind of step: (kinds compared, kinds in all), or `None` when all is done.
    ///
    /// # Errors
    /// [`TrainError`] if the device fails altogether; what it computes wrongly is in the report.
    pub async fn advance(&mut self) -> Result<Option<(usize, usize)>, TrainError> {
        let Some(path) = self.left.pop_front() else {
            return Ok(None);
        };
        let checked = Subject::new(path, &self.backend)?.check(&self.backend).await?;
        self.checked.push(checked);
        Ok(Some((self.checked.len(), PATHS.len())))
    }

    /// What was compared so far.
    pub fn report(&self) -> SelfTestReport {
        SelfTestReport {
            complete: self.left.is_empty(),
            checked: self.checked.clone(),
        }
    }
}
