"""What `--help` shows: the words and the options that people use, without importing what trains."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from greenlight_films.datamodules.program import command
from greenlight_films.serving import HOST, PORT
from greenlight_films.sources.homes import HOMES

COMMANDS = {
    "look": "say what a table holds, and write a config for a study of it",
    "study": "train, score the held-out films, say what their predictions rest on, predict every film",
    "fit": "train only",
    "encode": "read and encode a study's table once, into a folder that all commands and processes then map",
    "tune": "search the settings that do best on the validation films",
    "validate": "score the validation films of a run",
    "test": "score the test films of a run",
    "predict": "predict films, those of a run or new ones",
    "refresh": "make what a run knows of names anew with newer films; the network stays as it is",
    "importance": "say which people, companies and genres a run's predictions rest on",
    "baselines": "fit classical models to the same films: linear, neighbours, trees, clusters, components",
    "audit": "say how far scores lean on leaks: the same models under several splits, side by side",
    "report": "write a page of a run's results, or of several side by side: runs/<study>/version_<n>/report.html",
    "serve": "open a page to play with a run: what would this film do, with whom, and how sure is that",
    "prepare": "make a table of films, and configs for it, of the raw files of a public collection",
}

TRAINING = {
    "--config FILE": "the study: table, features, target, split, model (configs/*.yaml); may be given several times",
    "--preset NAME": "what is left unsaid: recipe (the default), best (three such networks), fast, seed (a plain one)",
    "--name NAME": "results land in runs/NAME/version_<n>/",
    "--data.table FILE": "a .csv or .tsv (also .gz), a SQLite file, Parquet files, or wikidata-films",
    "--data.batch_size N": "films a batch, of all devices together",
    "--data.allow_split_films true": "let a split put a film on two sides",
    "--model.hidden '[128,64]'": "widths of the hidden layers",
    "--model.members N": "networks side by side, whose mean is predicted",
    "--model.dropout SHARE": "of hidden units; --model.label_dropout of a film's labels",
    "--model.learning_rate RATE": "of the first step",
    "--early_stopping.patience N": "epochs without a better validation loss",
    "--report false": "write no report.html at a study's end",
    "--compare.models '[ridge]'": "classical models that a study fits to the same films; '[]' for the mean alone",
    "--resume FOLDER": "go on with a run where it stopped, such as runs/ratings/version_0",
    "--trainer.max_epochs N": "at most so many epochs",
    "--trainer.devices N": "processes or GPUs; --trainer.accelerator cpu|gpu, --trainer.strategy ddp",
    "--trainer.precision bf16-mixed": "half the memory on a GPU",
}

TABLE = {
    "--table FILE": "in place of --config: a table that nobody has described, which is looked at (see `look`)",
    "--target COLUMN": "with --table, the column to predict",
}

RUNS = {
    "--seeds N": "make the study with N seeds of split, weights and draws, and say how far scores and importances move",
    "--folds N": "or on N parts of the films, each of which is tested once",
    "--workers N": "how many of these are made at a time, by default one a core",
}

SEARCH = {
    "--config FILE": "a study's config that also says what to search (configs/tune_mlp.yaml)",
    "--name NAME": "results land in runs/NAME-tune/version_<n>/",
    "--search.method NAME": "grid, all combinations, or tpe, which follows those that did well",
    "--search.trials N": "how many, with tpe",
    "--search.prune false": "train every trial to its end",
    "--search.seed N": "of tpe's draws",
    "--search.folds N": "score each trial on N parts of the films that are not tested, by turns",
    "--early_stopping.monitor NAME": "the score to compare trials by, such as val/rmse",
    "--workers N": "train N trials at a time, each in a process of its own, and on a GPU of its own if there are some",
    "--storage URL": "keep the trials in a database, or in a journal file of this path: the same command on several "
    "machines shares them",
    "--resume FOLDER": "run the trials that are missing, such as of runs/tune_mlp-tune/version_0, or help to",
}

RUN = {
    "--run FOLDER": "a finished run, such as runs/ratings/version_0: its config and its best checkpoint",
    "--config FILE": "with --ckpt_path FILE, instead of --run",
}

IMPORTANCE = {  # what `importance` takes; `study` takes them with the prefix `--permutation_importance.`
    "--estimator": ("NAME", "expected, the mean over all shuffles (the default), or shuffle, over some"),
    "--n_repeats": ("N", "shuffles of each feature; with expected, of whole columns and numbers"),
    "--off_rows": ("N", "films without a label that expected looks at, or all"),
    "--loss": ("NAME", "whose increase is the importance: mse, mae, r2, or with shuffle rmse"),
    "--split": ("SIDE", "the held-out films, test or val"),
    "--groups": ("JSON", 'features to shuffle together, such as \'{"Toms": ["Cast=Tom *"]}\''),
    "--groups_found": ("false", "leave out groups of labels that occur together"),
    "--pairs": ("false", "leave out pairs of labels, and how they work through each other"),
    "--conditional": ("'[year]'", "features to shuffle among films that the others make alike"),
    "--features": ("'[Cast=Tom*]'", "features that the CSV lists wherever they rank, beside the first 100,000"),
    "--cluster": ("COLUMN", "films that share its value, such as a director, are not independent"),
    "--seed": ("N", "of shuffles and samples"),
    "--contributions.films": ("N", "how many held-out films' predictions are split up, or all; 500 by default"),
}

BASELINES = {  # what `baselines` takes; `study` takes them with the prefix `--compare.`
    "--models": (
        "'[ols,ridge]'",
        "ols, ridge, knn, boosting, lightgbm, catboost, tree, sklearn_mlp, kmeans, pca; '[]' for the mean alone",
    ),
    "--ols": ("JSON", 'linear regressions by name, with columns: \'{"numeric": ["budget", "*count"]}\''),
    "--grid": ("true", "choose knn's weights and metric along with k"),
    "--clusters": ("N", "how many kmeans describes"),
    "--describe": ("'[Year,Genre]'", "the columns that kmeans and pca are about"),
    "--cluster": ("COLUMN", "films that share its value are not independent where models are compared"),
    "--smearing": ("true", "of a log1p target, score means in its unit too"),
    "--blend": ("true", "score a weighted mean of the network and lightgbm too"),
}

LOOK = {
    "--target COLUMN": "the column to predict; by default the likeliest",
    "--out FILE.yaml": "the config to write, by default named as the table",
    "--before_release": "leave out what is known only once a film was shown",
    "--leave_out COLUMN [...]": "columns that shall be no features",
    "--missing JSON": 'texts that mean that nothing is known: \'["-"]\', or by column \'{"budget": ["0"]}\'',
    "--decimal MARK": 'the decimal mark, "." or ",", or by column',
    "--day_first true": "03/04/2011 is 3 April",
    "--sheet NAME": "of a workbook; --member NAME of a zip; --query TABLE of SQLite",
    "--encoding NAME": "of a text file; --delimiter MARK, --quote MARK, --skip LINES, --header false",
}

PREPARE = {
    "--raw FOLDER": "the folder of the raw files, or the main one of them",
    "--out FILE.parquet": "the table to write; beside it come configs for `study`, and FILE.rejected.csv",
    "--zero_is_missing false": "keep budgets, revenues and runtimes of 0 (by default they are not known)",
    "--min_votes N": "leave films with fewer votes out",
}

AUDIT = {
    "--models": ("'[tree,mlp]'", "some of tree, ridge, boosting, knn, mlp; tree and ridge by default"),
    "--repeats": ("N", "random splits, each with a seed of its own"),
    "--year": ("COLUMN", "to split by time, if no column is named year or release date"),
    "--people": ("'[star]'", "columns of people, if neither role nor name says so"),
}

OWN_OPTIONS = {"importance": IMPORTANCE, "baselines": BASELINES, "audit": AUDIT}

_OF_THE_PARSER = {
    "study": {**TRAINING, **TABLE, **RUNS},
    "fit": TRAINING,
    "encode": {
        "--config FILE": "the study (configs/*.yaml)",
        "--out FOLDER": "the folder to write into, in place of runs/encoded; later commands need --data.encoded FOLDER",
    },
    "tune": SEARCH,
    "validate": RUN,
    "test": RUN,
    "predict": {
        **RUN,
        "--data.table FILE": "other films; the target may be missing, unknown names are counted",
        "--out FILE": "a CSV to write, in place of one in the run's folder",
    },
    "refresh": {**RUN, "--table FILE": "newer films with their target, in columns as those of the run's table"},
    "importance": {**RUN, **{f"{name} {kind}": text for name, (kind, text) in IMPORTANCE.items()}},
    "baselines": {
        "--run FOLDER": "add to a run, such as runs/ratings/version_0",
        "--config FILE": "a study, in place of --run: a folder without a network",
        **{f"{name} {kind}": text for name, (kind, text) in BASELINES.items()},
    },
    "audit": {
        "--config FILE": "the study to look through (configs/*.yaml)",
        "--run FOLDER": "a run, in place of --config",
        **{f"{name} {kind}": text for name, (kind, text) in AUDIT.items()},
    },
}
ANY_CLASS = {
    "--allow_any_class": "let a config you trust import classes of others than Greenlight, lightning and torch"
}

OPTIONS = {
    **{command: {**options, **ANY_CLASS} for command, options in _OF_THE_PARSER.items()},
    "report": {
        "--run FOLDER [FOLDER ...]": "a run, or several to compare, such as runs/ratings/version_0",
        "--out FILE.html": "where to write it, by default report.html in the run's folder",
    },
    "serve": {
        "--run FOLDER": "a finished run, such as runs/ratings/version_0",
        "--port N": f"{PORT} by default; where it is taken, the next free one",
        "--host ADDRESS": f"{HOST} by default, which this machine alone can reach",
    },
    "look": {"TABLE": "a .csv, .tsv, .xlsx, .json, .jsonl, .parquet or SQLite file, also in .gz or .zip", **LOOK},
    "prepare": {"SOURCE": f"one of {', '.join(HOMES)}", **PREPARE},
}

WITH_FEW_OPTIONS = ("look", "prepare", "report", "serve")
"""Commands whose help names all options that they have."""

EXAMPLES = {
    "look": "look films.csv --target gross",
    "study": "study --config configs/ratings.yaml",
    "fit": "fit --config configs/ratings.yaml --trainer.max_epochs 5",
    "encode": "encode --config configs/ratings.yaml",
    "tune": "tune --config configs/tune_mlp.yaml",
    "validate": "validate --run runs/ratings/version_0",
    "test": "test --run runs/ratings/version_0",
    "predict": "predict --run runs/ratings/version_0 --data.table new.csv",
    "refresh": "refresh --run runs/ratings/version_0 --table newer.csv",
    "importance": "importance --run runs/ratings/version_0 --estimator shuffle --n_repeats 10",
    "baselines": "baselines --run runs/ratings/version_0 --models '[ols,knn]' --grid true",
    "audit": "audit --config configs/ratings.yaml",
    "report": "report --run runs/ratings/version_0",
    "serve": "serve --run runs/ratings/version_0",
    "prepare": "prepare the-movies-dataset --raw downloads/ --out films.parquet",
}


def show_overview(console: Console) -> None:
    """Print the commands."""
    console.print("[bold]Greenlight[/bold] learns what makes a film succeed, and says how far to trust it.\n")
    _print_pairs(command("COMMAND [OPTIONS]"), COMMANDS, console)
    console.print(f"\nBegin with    [bold]{command(EXAMPLES['study'])}[/bold]", highlight=False)
    console.print(f"Options of a command    [bold]{command('COMMAND --help')}[/bold]", highlight=False)


def show_command(word: str, console: Console) -> None:
    """Print a command's usual options."""
    _print_pairs(f"{command(word)}: {COMMANDS[word]}", OPTIONS[word], console)
    console.print(f"\nExample    [bold]{escape(command(EXAMPLES[word]))}[/bold]", highlight=False)
    if word in WITH_FEW_OPTIONS:  # have no others
        return
    console.print(
        f"Every option    [bold]{command(word)} --help-all[/bold], as YAML with [bold]--print_config[/bold]",
        highlight=False,
    )


def _print_pairs(title: str, pairs: dict[str, str], console: Console) -> None:
    console.print(title, markup=False, highlight=False, style="bold")
    table = Table.grid(padding=(0, 3))
    for name, meaning in pairs.items():
        table.add_row(f"  {name}".replace("[", "\\["), meaning)
    console.print(table, highlight=False)
