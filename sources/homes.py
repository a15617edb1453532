"""The collections by their words on the command line, for help that imports nothing."""

HOMES = {
    "the-movies-dataset": "kaggle.com/datasets/rounakbanik/the-movies-dataset",
    "tmdb-5000": "kaggle.com/datasets/tmdb/tmdb-movie-metadata",
    "tmdb-export": "kaggle.com, as tmdb-movies.csv or TMDB_movie_dataset_v11.csv",
    "imdb": "datasets.imdbws.com",
    "movie-industry": "kaggle.com/datasets/danielgrijalvas/movies",
    "omdb": "www.omdbapi.com, an answer a line",
}
"""Where a collection usually comes from."""
