"""`permutation_importance`: the importance of X's columns for a model of scikit-learn, torch or any with `predict`."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Literal

import numpy as np
from torch import nn

from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.exact import by_engine
from greenlight_films.importance.loop import by_loop
from greenlight_films.importance.losses import LossName
from greenlight_films.importance.models import additive_of, is_additive_network
from greenlight_films.importance.request import Groups, Request
from greenlight_films.importance.result import ImportanceResult


def permutation_importance(
    model: Any,
    X: Any,
    y: Any,
    *,
    n_repeats: int = 5,
    estimator: Literal["expected", "shuffle"] = "expected",
    loss: LossName = "mse",
    groups: Groups | None = None,
    names: Sequence[str] | None = None,
    random_state: Any = None,
) -> ImportanceResult:
    """Return by how much the loss on held-out rows increases when a column of X is shuffled.

    A model whose first layer is additive is measured exactly and fast, with cost that grows with the values of X that
    are not 0: linear models (`coef_`, `intercept_`), `MLPRegressor`, and a `torch.nn.Sequential` that begins with
    `nn.Linear`; also inside GridSearchCV, TransformedTargetRegressor, or a Pipeline whose steps make each column of a
    single column of X, as one-hot encoders, scalers and imputers in a ColumnTransformer do. Any other model with
    `predict` is measured by the loop over columns that scikit-learn has. `result.method` says which it was, and why.

    A row of `result.to_frame()` is a column that the model is given: of X, or, after a Pipeline, an encoded column,
    such as one category. `result.importances_mean` has one number per column of X, in X's order; after a Pipeline all
    encoded columns of a column of X are shuffled together, and `result.aggregated` has them by name beside the groups.

    Args:
        model: fitted. A torch model is measured in eval mode, on the device and in the precision of its weights, in
            float32 where they have less.
        X: (n_rows, n_columns) held-out rows: a frame, an array, or a sparse matrix, which stays sparse.
        y: (n_rows,) the target, in its own unit.
        n_repeats: shuffles of columns that hold other numbers than 0 and 1, of columns of X that a Pipeline encodes
            to several, of groups, and in the loop.
        estimator: for 0/1 columns and sparse weights. `expected`: the mean over all shuffles in closed form, from a few
            of the rows that hold 0 and a control variate, with the error `se_shuffle`; `importances` has one column,
            `importances_std` is that of a single shuffle. `shuffle`: n_repeats shuffles. The loop always shuffles.
        loss: mse, mae, rmse (by `shuffle` only) or r2, the R² that is lost.
        groups: by name, lists of columns that are shuffled together: their names, patterns such as `Cast=*`, or
            indices where names are no whole numbers.
        names: of X's columns; by default those of the frame, or x0, x1, ...
        random_state: None, an int, or a generator of numpy. Global random states are neither used nor changed.

    A 0/1 column that no row has is NaN. Raises ValueError for arguments that can't be and that don't fit together, and
    TypeError for a model without `predict`.

    >>> from sklearn.linear_model import LinearRegression
    >>> X = np.array([[0, 1], [1, 0], [0, 0], [1, 1]]) * 1.0
    >>> y = 3 * X[:, 0]
    >>> result = permutation_importance(LinearRegression().fit(X, y), X, y, names=["drama", "war"])
    >>> result.to_frame()[["feature", "importance"]].round(6)
      feature  importance
    0   drama         4.5
    1     war         0.0
    >>> result.method
    "exact: LinearRegression's first layer is additive"
    """
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(2**31)
    seed = int(np.random.default_rng(random_state).integers(2**63))
    model = _checked(model)
    return _measured(Request.of(model, X, y, names, groups, loss, Estimator(estimator, n_repeats, seed=seed)))


def _checked(model: Any) -> Any:
    """Return a model that predicts, of torch a copy in eval mode; raise TypeError for any other."""
    if isinstance(model, type):
        raise TypeError(f"model must be a fitted one, got the class {model.__name__}: fit an instance of it")
    if not (hasattr(model, "predict") or is_additive_network(model)):
        kind = type(model).__name__
        raise TypeError(f"model must have `predict`, or be a torch.nn.Sequential that begins with Linear, got {kind}")
    return deepcopy(model).eval() if isinstance(model, nn.Module) else model


def _measured(request: Request) -> ImportanceResult:
    """Measure by the additive first layer where the model's predictions come from it alone, else by the loop."""
    additive = additive_of(request.model, request.rows)
    if isinstance(additive, str):
        return by_loop(request, f"loop: {additive}")
    other = f"loop: {additive.name} predicts otherwise than its first layer and what comes after it"
    return by_engine(request, additive) or by_loop(request, other)
