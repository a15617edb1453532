"""All collections that `prepare` can read, by name."""

from greenlight_films.sources import imdb, movie_industry, omdb, the_movies_dataset, tmdb_5000, tmdb_export

CATALOGUE = {
    module.SOURCE.name: module.SOURCE
    for module in (the_movies_dataset, tmdb_5000, tmdb_export, imdb, movie_industry, omdb)
}
