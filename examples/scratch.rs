use optimal_eye_surgeon::{engine::*, gpu::*, mask, network::*, picture::*, step::*, train::*};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let size: usize = args[1].parse().unwrap();
    let what = args[2].as_str();
    let backend = if args[3] == "cpu" {
        Backend::Cpu
    } else {
        Backend::Gpu(pollster::block_on(GpuContext::native(None)).unwrap())
    };
    let steps: u64 = args[4].parse().unwrap();
    let net = Hourglass::default();
    let pic = decode(&std::fs::read("../shared/upstream/lena.png").unwrap())
        .unwrap()
        .picture
        .fit_within(size)
        .unwrap();
    let m = mask::import(&std::fs::read("../shared/upstream/mask_pepper.pkl").unwrap(), "").unwrap();
    let keep = Arc::new(m.keep);
    let mut spec = match what {
        "learn" => RunSpec::learn(net.clone(), Learner::Fast),
        "dense" => RunSpec::dense(net.clone()),
        _ => RunSpec::sparse(net.clone(), keep),
    };
    if let Job::Fit(f) = &mut spec.job {
        f.path = match what {
            "full" | "unrewritten" => WeightPath::Full,
            "compact" => WeightPath::Compact,
            "sparse" => WeightPath::Sparse,
            _ => WeightPath::Auto,
        };
    }
    if what == "unrewritten" {
        spec.rewrites = false;
    }
    spec.steps = steps;
    let task = Task::new(&pic, 0.1, 0, &net).unwrap();
    let t = Instant::now();
    let mut run = pollster::block_on(Run::new(spec, task, &backend, StateIn::default(), |_, _| {})).unwrap();
    println!(
        "{:?} build {:.2}s plan {:?}",
        run.adapter().name,
        t.elapsed().as_secs_f64(),
        run.plan()
    );
    let t = Instant::now();
    while !run.is_finished() {
        let p = pollster::block_on(run.advance(Duration::from_secs(10))).unwrap();
        let l = p.points.last().unwrap();
        println!(
            "{} {:.5} {:?} {:.3} s/step",
            l.step,
            l.loss,
            l.psnr,
            t.elapsed().as_secs_f64() / l.step.max(1) as f64
        );
    }
    let (ex, _) = run.engine();
    if let Executor::Gpu(g) = ex {
        if let Some(mut times) = pollster::block_on(g.profile()).unwrap() {
            times.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
            for k in times.iter().take(40) {
                println!("{:?}", k);
            }
        }
    }
}
