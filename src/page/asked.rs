//! Choices that the worker was asked to read and has not answered yet. It answers those of one place in the order in which they were
//! asked, so an answer is to the first that waits: what was chosen meanwhile is another's.

use std::collections::VecDeque;

use leptos::prelude::*;

pub struct Asked<T: 'static>(StoredValue<VecDeque<T>, LocalStorage>);

impl<T> Clone for Asked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Asked<T> {}

impl<T> Asked<T> {
    pub fn new() -> Self {
        Self(StoredValue::new_local(VecDeque::new()))
    }

    pub fn push(self, choice: T) {
        self.0.update_value(|asked| asked.push_back(choice));
    }

    /// What an answer is to, and whether nothing else waits, so that it is still wanted.
    pub fn answered(self) -> Option<(T, bool)> {
        self.0
            .try_update_value(|asked| Some((asked.pop_front()?, asked.is_empty())))
            .flatten()
    }

    /// A new worker was asked nothing.
    pub fn forget(self) {
        self.0.set_value(VecDeque::new());
    }
}
