"""The collections that `prepare` knows, by their words on the command line."""

from datamodules.sources.imdb import Imdb
from datamodules.sources.movie_industry import MovieIndustry
from datamodules.sources.source import Source
from datamodules.sources.the_movies_dataset import TheMoviesDataset

CATALOGUE: dict[str, Source] = {source.name: source for source in (TheMoviesDataset(), Imdb(), MovieIndustry())}
