//! The nonzeros of a link's weights under a mask, found once and read by every op on the link.

use super::Entries;
use super::link::Link;
use crate::kernels::pack_weights::widened_from;

/// One nonzero of V, by local channel numbers.
#[derive(Clone, Debug)]
pub(super) struct Tap {
    pub c: usize,
    pub f: usize,
    pub a: usize,
    pub b: usize,
    /// Places in q of the kept weights it sums, as many as [`Link::sources`] says; missing ones name the zero.
    pub sources: Vec<u32>,
}

/// A kept weight: its place in q, and the nonzeros of V that it takes part in.
#[derive(Clone, Debug)]
pub(super) struct KeptWeight {
    pub place: u32,
    pub taps: Vec<u32>,
}

/// All nonzeros of V in the order (c, f, a, b), and all kept weights in flat order.
#[derive(Clone, Debug, Default)]
pub(super) struct Taps {
    pub list: Vec<Tap>,
    pub kept: Vec<KeptWeight>,
}

impl Taps {
    /// Finds them; of `link` only the shape is read.
    pub fn of(link: &Link, entries: &Entries) -> Self {
        let Entries::Kept { flat, .. } = entries else {
            return Self::default();
        };
        let k = if link.widened { 3 } else { link.k };
        let (inputs, input_ids, outputs, output_ids) = if link.widened {
            (link.coarse_total, &link.coarse, link.fine_total, &link.fine)
        } else {
            (link.fine_total, &link.fine, link.coarse_total, &link.coarse)
        };
        let (input_at, output_at) = (local(inputs, input_ids), local(outputs, output_ids));
        let from = flat.partition_point(|index| (*index as usize) < link.offset);
        let to = flat.partition_point(|index| (*index as usize) < link.offset + outputs * inputs * k * k);

        // (place of the nonzero in V, kept weight)
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        let mut kept = Vec::with_capacity(to - from);
        for (place, index) in flat.iter().enumerate().take(to).skip(from) {
            let at = *index as usize - link.offset;
            let (o, i, p, q) = (at / (k * k) / inputs, at / (k * k) % inputs, at / k % k, at % k);
            let (Some(o), Some(i)) = (output_at[o], input_at[i]) else {
                continue;
            };
            let (c, f) = if link.widened { (i, o) } else { (o, i) };
            let pair = (c * link.fine.len() + f) * link.k * link.k;
            if link.widened {
                // Position a of the widened kernel collects the taps that `widened_from(a)` names.
                let reached = |p: usize| (0..4).filter(move |a| widened_from(*a).any(|tap| tap == p));
                for a in reached(p) {
                    pairs.extend(reached(q).map(|b| (pair + a * link.k + b, kept.len())));
                }
            } else {
                pairs.push((pair + p * link.k + q, kept.len()));
            }
            kept.push(KeptWeight {
                place: place as u32,
                taps: Vec::with_capacity(link.sources()),
            });
        }
        pairs.sort_unstable();
        let mut list: Vec<Tap> = Vec::with_capacity(pairs.len());
        let mut last = usize::MAX;
        for (at, weight) in pairs {
            if at != last {
                let (pair, tap) = (at / (link.k * link.k), at % (link.k * link.k));
                list.push(Tap {
                    c: pair / link.fine.len(),
                    f: pair % link.fine.len(),
                    a: tap / link.k,
                    b: tap % link.k,
                    sources: Vec::with_capacity(link.sources()),
                });
                last = at;
            }
            let index = list.len() - 1;
            list[index].sources.push(kept[weight].place);
            kept[weight].taps.push(index as u32);
        }
        for tap in &mut list {
            tap.sources.resize(link.sources(), entries.len() as u32);
        }
        Self { list, kept }
    }
}

/// For each channel its number among the live ones.
fn local(total: usize, ids: &[usize]) -> Vec<Option<usize>> {
    let mut at = vec![None; total];
    for (number, id) in ids.iter().enumerate() {
        at[*id] = Some(number);
    }
    at
}
