use optimal_eye_surgeon::{mask, network::*, train::*};
use std::sync::Arc;
fn main() {
    let net = Hourglass::default();
    let m = mask::import(&std::fs::read("../shared/upstream/mask_lena.pkl").unwrap(), "").unwrap();
    let keep = Arc::new(m.keep);
    for size in [192, 256, 512, 1024, 1408, 2048] {
        for (name, spec) in [
            ("sparse", RunSpec::sparse(net.clone(), keep.clone())),
            ("dense", RunSpec::dense(net.clone())),
            ("learn", RunSpec::learn(net.clone(), Learner::Fast)),
        ] {
            let t = std::time::Instant::now();
            let p = plan(&spec, size, size).unwrap();
            println!(
                "{size} {name} {} MB {} MMAC plan {:.2}s",
                p.bytes / 1_000_000,
                p.macs / 1_000_000,
                t.elapsed().as_secs_f64()
            );
        }
    }
}
