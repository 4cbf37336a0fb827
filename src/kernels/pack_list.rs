//! From the kept parameters to weights in the order of a list, or scattered into a packed layout.

use super::{KernelOp, Slices, kernel, kernel_plumbing};

kernel! {
    /// `dst[place[e]]` = sum over its sources of `q[source]`. A widened tap has up to four sources; missing ones name
    /// the zero at the end of `q`. If `scattered` is 0, `place[e] = e` and the table holds sources only.
    PackList, "pack_list";
    constants { sources, scattered }
    uniforms { count: u32 }
    bindings { Read q: F32, Read table: U32, Write dst: F32 }
}

impl KernelOp for PackList {
    kernel_plumbing!();

    fn grid(&self) -> [u32; 3] {
        [self.count, 1, 1]
    }

    fn run(&self, slices: &mut Slices<'_>) {
        let q = slices.read(0);
        let table = slices.table(1);
        let dst = slices.write(2);
        let (sources, skip) = (self.sources as usize, self.scattered as usize);
        for (e, entry) in table.chunks(sources + skip).take(self.count as usize).enumerate() {
            let place = if self.scattered == 1 { entry[0] as usize } else { e };
            dst[place] = entry[skip..].iter().map(|source| q[*source as usize]).sum();
        }
    }
}
