//! A part of a plan's jobs, for one of several processes or machines.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{Job, SweepError};

/// Every `count`-th job from `index` on, 0 <= index < count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: usize,
    pub count: usize,
}

impl Shard {
    /// All jobs.
    pub const ALL: Self = Self { index: 0, count: 1 };

    /// This shard's of all jobs. Those that share a mask are one shard's: it is made once.
    pub fn of(self, jobs: Vec<Job>) -> Vec<Job> {
        let mut places = BTreeMap::new();
        let mut mine = Vec::new();
        for job in jobs {
            let next = places.len();
            let place = *places.entry(job.mask_id()).or_insert(next);
            if place % self.count == self.index {
                mine.push(job);
            }
        }
        mine
    }

    /// The results file's name.
    pub fn file_name(self) -> String {
        match self {
            Self::ALL => "results.jsonl".into(),
            Self { index, count } => format!("results-{}-of-{count}.jsonl", index + 1),
        }
    }
}

impl FromStr for Shard {
    type Err = SweepError;

    fn from_str(text: &str) -> Result<Self, SweepError> {
        let parsed = text.split_once('/').and_then(|(index, count)| {
            let (index, count): (usize, usize) = (index.parse().ok()?, count.parse().ok()?);
            (1 <= index && index <= count).then(|| Self {
                index: index - 1,
                count,
            })
        });
        parsed.ok_or_else(|| SweepError::Shard(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_one_of_some() {
        assert_eq!("2/8".parse::<Shard>().expect("a shard"), Shard { index: 1, count: 8 });
        assert_eq!("1/1".parse::<Shard>().expect("a shard").file_name(), "results.jsonl");
        for text in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
