//! Padding, boxing, clamping, upsampling and pooling as tables for one axis: every map the network applies between two
//! convolutions is separable and reads one source, or the mean of two, for each position.

/// For each position of the destination, one or two positions of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisMap {
    pub source_len: usize,
    sources: Vec<[u32; 2]>,
    /// Whether the value is the mean of two sources.
    pub paired: bool,
}

/// The index that reflection maps `at` to in 0..n, the edge not repeated; repeated where the border is wider than n.
fn reflect(at: isize, n: usize) -> u32 {
    if n == 1 {
        return 0;
    }
    let period = 2 * (n as isize - 1);
    let at = at.rem_euclid(period);
    at.min(period - at) as u32
}

impl AxisMap {
    fn single(source_len: usize, sources: impl Iterator<Item = u32>) -> Self {
        Self {
            source_len,
            sources: sources.map(|s| [s, s]).collect(),
            paired: false,
        }
    }

    /// Every position from itself.
    pub fn identity(n: usize) -> Self {
        Self::single(n, 0..n as u32)
    }

    /// A border of `pad` on each side by reflection: n + 2 pad positions.
    pub fn reflect(n: usize, pad: usize) -> Self {
        Self::single(n, (0..n + 2 * pad).map(|i| reflect(i as isize - pad as isize, n)))
    }

    /// The mean of neighbours on the map padded by reflection by 2: n + 3 positions (method section 7.1).
    pub fn boxed_reflect(n: usize) -> Self {
        let at = |i: usize| reflect(i as isize - 2, n);
        Self {
            source_len: n,
            sources: (0..n + 3).map(|i| [at(i), at(i + 1)]).collect(),
            paired: true,
        }
    }

    /// A border of one that repeats the edge: n + 2 positions (method section 7.3).
    pub fn clamp(n: usize) -> Self {
        Self::single(n, (0..n + 2).map(|i| i.saturating_sub(1).min(n - 1) as u32))
    }

    /// Nearest-neighbour upsampling by 2: 2 n positions.
    pub fn upsample(n: usize) -> Self {
        Self::single(n, (0..2 * n).map(|i| (i / 2) as u32))
    }

    /// The mean of two neighbours, stride 2: n / 2 positions.
    pub fn pool(n: usize) -> Self {
        let sources = (0..n as u32 / 2).map(|i| [2 * i, 2 * i + 1]).collect();
        Self {
            source_len: n,
            sources,
            paired: true,
        }
    }

    pub fn len(&self) -> usize {
        self.sources.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// The table that [`crate::kernels::prepare`] reads for this axis.
    pub fn table(&self) -> Vec<u32> {
        let per = if self.paired { 2 } else { 1 };
        self.sources.iter().flat_map(|pair| &pair[..per]).copied().collect()
    }

    /// For each source its readers.
    fn readers(&self) -> Vec<Vec<u32>> {
        let per = if self.paired { 2 } else { 1 };
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); self.source_len];
        for (i, pair) in self.sources.iter().enumerate() {
            for source in &pair[..per] {
                lists[*source as usize].push(i as u32);
            }
        }
        lists
    }
}

/// `n + 1` starts, then the lists.
pub(super) fn starts_and_lists(lists: &[Vec<u32>]) -> Vec<u32> {
    let mut table = vec![0];
    let mut total = 0;
    for list in lists {
        total += list.len() as u32;
        table.push(total);
    }
    table.extend(lists.iter().flatten());
    table
}

/// What [`crate::kernels::fold`] reads: for each row, then each column, who reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldTable {
    pub table: Vec<u32>,
    /// Where the columns' part starts.
    pub columns: u32,
    /// The most readers of a row or a column.
    pub most: u32,
    pub scale: f32,
}

impl FoldTable {
    /// The adjoint of gathering by (`rows`, `columns`).
    pub fn adjoint(rows: &AxisMap, columns: &AxisMap) -> Self {
        let scale = if rows.paired { 0.25 } else { 1.0 };
        Self::join(&rows.readers(), &columns.readers(), scale)
    }

    /// The adjoint of 2x2 mean pooling: every position reads its window's gradient, a quarter of it. Sizes are the
    /// gradient's; a border of zeros around it doubles too.
    pub fn unpool(height: usize, width: usize) -> Self {
        let axis = |n: usize| -> Vec<Vec<u32>> { (0..2 * n as u32).map(|i| vec![i / 2]).collect() };
        Self::join(&axis(height), &axis(width), 0.25)
    }

    fn join(rows: &[Vec<u32>], columns: &[Vec<u32>], scale: f32) -> Self {
        let mut table = starts_and_lists(rows);
        let start = table.len() as u32;
        table.extend(starts_and_lists(columns));
        let most = rows.iter().chain(columns).map(Vec::len).max().unwrap_or(0);
        Self {
            table,
            columns: start,
            most: most as u32,
            scale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_pytorchs() {
        assert_eq!(AxisMap::reflect(3, 2).table(), [2, 1, 0, 1, 2, 1, 0]);
        assert_eq!(AxisMap::clamp(3).table(), [0, 0, 1, 2, 2]);
        assert_eq!(AxisMap::upsample(2).table(), [0, 0, 1, 1]);
        assert_eq!(AxisMap::pool(4).table(), [0, 1, 2, 3]);
        assert_eq!(AxisMap::boxed_reflect(3).table(), [2, 1, 1, 0, 0, 1, 1, 2, 2, 1, 1, 0]);
    }

    #[test]
    fn readers_invert_sources() {
        let map = AxisMap::reflect(3, 2);
        let readers = starts_and_lists(&map.readers());
        assert_eq!(readers[..4], [0, 2, 5, 7]);
        assert_eq!(readers[4..], [2, 6, 1, 3, 5, 0, 4]);
    }
}
