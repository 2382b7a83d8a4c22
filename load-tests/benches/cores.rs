//! How long each core takes for a span, and decoding with prost for the same bytes.
#![expect(clippy::expect_used, reason = "a bench may fail anywhere")]

mod workload;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use spangraph_load::traffic::Shape;
use workload::{Core, Workload};

fn cores(criterion: &mut Criterion) {
    for span_bytes in [340, 600] {
        let shape = Shape {
            span_bytes,
            missing: 0.0,
            ..Shape::default()
        };
        let mut workload = Workload::new(&shape);
        let mut group = criterion.benchmark_group(format!("{span_bytes} bytes a span"));
        for core in Core::EACH {
            let elements = if core == Core::Collect {
                workload.samples()
            } else {
                workload.spans()
            };
            group.throughput(Throughput::Elements(elements));
            group.sample_size(20);
            group.bench_function(core.name(), |bencher| bencher.iter(|| workload.run(core)));
        }
        group.finish();
    }
}

criterion_group!(benches, cores);
criterion_main!(benches);
