use optimal_eye_surgeon::{engine::*, mask, network::*, picture::*, step::*, train::*};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let size: usize = args[1].parse().unwrap();
    let what = args[2].as_str();
    let backend = Backend::Cpu;
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
    let mut run = block_on(Run::new(spec, task, &backend, StateIn::default(), |_, _| {})).unwrap();
    println!(
        "{:?} build {:.2}s plan {:?}",
        run.adapter().name,
        t.elapsed().as_secs_f64(),
        run.plan()
    );
    let t = Instant::now();
    if args.len() > 5 {
        let net = Hourglass::default().build().unwrap();
        let settings = StepSettings {
            adam: AdamSettings::default(),
            schedule_len: steps as usize + 1,
            ring_len: 512,
            rewrites: true,
            tuning: Tuning {
                gradient_threads: 1,
                ..Tuning::default()
            },
            binding_limit: 1 << 31,
        };
        let (step, _) = learn_step(
            &net,
            Problem {
                height: size,
                width: size,
                region: (0, 0, size, size),
            },
            Learning {
                keep: 0.05,
                kl: 0.0,
                pull: 0.001,
                seed: 0,
                supplied: 0,
            },
            settings,
        )
        .unwrap();
        let (ex, _) = run.engine();
        let mut by: std::collections::BTreeMap<&str, f64> = Default::default();
        for (i, op) in step.ops.iter().enumerate() {
            let t = Instant::now();
            block_on(ex.run_ops(i..i + 1)).unwrap();
            *by.entry(op.kernel.op().info().name).or_default() += t.elapsed().as_secs_f64();
        }
        println!("{by:#?}");
        return;
    }
    while !run.is_finished() {
        let p = block_on(run.advance(Duration::from_secs(10))).unwrap();
        let l = p.points.last().unwrap();
        println!(
            "{} {:.5} {:?} {:.3} s/step",
            l.step,
            l.loss,
            l.psnr,
            t.elapsed().as_secs_f64() / l.step.max(1) as f64
        );
    }
}

fn block_on<F: std::future::Future>(f: F) -> F::Output {
    let mut f = std::pin::pin!(f);
    let w = std::task::Waker::noop();
    loop {
        if let std::task::Poll::Ready(v) = f.as_mut().poll(&mut std::task::Context::from_waker(w)) {
            return v;
        }
    }
}
