"""The names of the collections and where each usually comes from; imports nothing, so that `--help` stays fast."""

HOMES = {
    "the-movies-dataset": "kaggle.com/datasets/rounakbanik/the-movies-dataset",
    "tmdb-5000": "kaggle.com/datasets/tmdb/tmdb-movie-metadata",
    "tmdb-export": "kaggle.com, as tmdb-movies.csv or TMDB_movie_dataset_v11.csv",
    "imdb": "datasets.imdbws.com",
    "movie-industry": "kaggle.com/datasets/danielgrijalvas/movies",
    "omdb": "www.omdbapi.com, an answer a line",
}
