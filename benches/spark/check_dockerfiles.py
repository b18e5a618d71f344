#!/usr/bin/env python3
"""Checks Dockerfiles with Spark: each task feeds its part of the lines to one `dockcheck check --stdin-jsonl`.

    check_dockerfiles.py --make 100000 --input /tmp/dockerfiles.jsonl [--corpus DIR]
    check_dockerfiles.py --input /tmp/dockerfiles.jsonl --dockcheck PROGRAM [--master 'local-cluster[2,1,1024]'] [--out DIR]

The first call writes lines as --stdin-jsonl takes them, from the Dockerfiles of a corpus or of the rule pages, each made
different. The second runs them, writes the reports to --out if it is given, prints how often each rule speaks, and that every
line has its answer. Needs `pip install pyspark` and a Java that this Spark runs on; dockcheck must be at the same path on every
worker (or be handed out with `--files`).
"""
import argparse, importlib.machinery, importlib.util, json, os, shlex, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))


def make(count, path, corpus):
    loader = importlib.machinery.SourceFileLoader('compare', os.path.join(HERE, os.pardir, 'compare'))
    compare = importlib.util.module_from_spec(importlib.util.spec_from_loader('compare', loader))
    loader.exec_module(compare)
    texts = (compare.found(corpus) if corpus else compare.examples())[0]
    with open(path, 'w', encoding='utf-8') as out:
        for number in range(count):
            text = texts[number % len(texts)].decode('utf-8', 'replace')
            out.write(json.dumps({'id': number, 'dockerfile': f'# number {number}\n{text}'}) + '\n')


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument('--make', type=int)
    ask.add_argument('--corpus')
    ask.add_argument('--input', required=True)
    ask.add_argument('--dockcheck', default='dockcheck')
    ask.add_argument('--master', default='local-cluster[2,1,1024]')
    ask.add_argument('--out')
    given = ask.parse_args()
    if given.make:
        make(given.make, given.input, given.corpus)
        return
    import pyspark
    os.environ.setdefault('SPARK_HOME', os.path.dirname(pyspark.__file__))
    os.environ.setdefault('PYSPARK_PYTHON', sys.executable)
    settings = pyspark.SparkConf().setMaster(given.master).setAppName('dockcheck')
    settings.set('spark.executor.memory', '512m').set('spark.ui.enabled', 'false')
    # One process of dockcheck uses all cores that it sees: with a task per core, one thread each.
    settings.set('spark.executorEnv.RAYON_NUM_THREADS', '1')
    context = pyspark.SparkContext(conf=settings)
    context.setLogLevel('ERROR')
    start = time.perf_counter()
    lines = context.textFile(given.input, minPartitions=context.defaultParallelism * 4)
    # A report with findings ends dockcheck with 1, which is no failure: the exit code is left unread and each line is counted.
    call = f'{shlex.quote(given.dockcheck)} check --isolated --stdin-jsonl'
    reports = lines.pipe(call, env={'RAYON_NUM_THREADS': '1'}).cache()
    if given.out:
        reports.saveAsTextFile(given.out)
    parsed = reports.map(json.loads)
    answers, bad = parsed.map(lambda r: (1, int(r['exit'] not in (0, 1)))).reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]))
    rules = parsed.flatMap(lambda r: {d['rule'] for d in r['diagnostics']}).countByValue()
    took = time.perf_counter() - start
    asked = lines.count()
    context.stop()
    for rule, count in sorted(rules.items(), key=lambda item: (-item[1], item[0]))[:20]:
        print(f'{count:8} {rule}')
    print(f'{asked} lines, {answers} answers, {bad} not checked, {took:.1f} s, {asked / took:.0f} a second')
    sys.exit(0 if asked == answers and bad == 0 else 1)


if __name__ == '__main__':
    main()
