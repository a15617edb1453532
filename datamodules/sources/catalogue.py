"""The collections that `prepare` knows, by their words on the command line."""

from datamodules.sources.imdb import Imdb
from datamodules.sources.movie_industry import MovieIndustry
from datamodules.sources.omdb import Omdb
from datamodules.sources.source import Source
from datamodules.sources.the_movies_dataset import TheMoviesDataset
from datamodules.sources.tmdb_5000 import Tmdb5000
from datamodules.sources.tmdb_export import TmdbExport

CATALOGUE: dict[str, Source] = {
    source.name: source for source in (TheMoviesDataset(), Tmdb5000(), TmdbExport(), Imdb(), MovieIndustry(), Omdb())
}
