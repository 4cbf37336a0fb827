//! The parameters a run trains, as one dense vector `q`: all of them, or the kept ones only.

/// Which flat parameters `q` holds, in flat order. `q` has one more word, always 0, that missing parameters name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entries {
    /// Every parameter: `q` is the flat vector.
    All { n: usize },
    /// The parameters with these flat indices, ascending.
    Kept { n: usize, flat: Vec<u32> },
}

impl Entries {
    /// Number of trained parameters.
    pub fn len(&self) -> usize {
        match self {
            Self::All { n } => *n,
            Self::Kept { flat, .. } => flat.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the flat parameter `index` lies in `q`; a missing one at the zero behind the last.
    pub fn place(&self, index: usize) -> u32 {
        match self {
            Self::All { .. } => index as u32,
            Self::Kept { flat, .. } => flat.binary_search(&(index as u32)).unwrap_or(flat.len()) as u32,
        }
    }

    /// `q` from a flat vector: `len() + 1` words, the last 0.
    pub fn gather(&self, values: &[f32]) -> Vec<f32> {
        let mut q: Vec<f32> = match self {
            Self::All { .. } => values.to_vec(),
            Self::Kept { flat, .. } => flat.iter().map(|i| values[*i as usize]).collect(),
        };
        q.push(0.0);
        q
    }

    /// Writes `q` back into a flat vector; other entries stay.
    pub fn scatter(&self, q: &[f32], values: &mut [f32]) {
        match self {
            Self::All { n } => values.copy_from_slice(&q[..*n]),
            Self::Kept { flat, .. } => {
                for (i, value) in flat.iter().zip(q) {
                    values[*i as usize] = *value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gather_and_scatter_are_inverse_on_what_is_kept() {
        let entries = Entries::Kept { n: 5, flat: vec![1, 4] };
        let q = entries.gather(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(q, [2.0, 5.0, 0.0]);
        assert_eq!((entries.place(4), entries.place(3)), (1, 2));
        let mut flat = [9.0; 5];
        entries.scatter(&q, &mut flat);
        assert_eq!(flat, [9.0, 2.0, 9.0, 9.0, 5.0]);
    }
}
