"""Parameters of an estimator as scikit-learn's tools expect them, without needing scikit-learn: what __init__ takes is
kept as it is, and get_params, set_params, clone, Pipeline and GridSearchCV work."""
from __future__ import annotations

import inspect
import sys
from typing import Any, TypeVar

from .validate import not_fitted

Self = TypeVar("Self", bound="Parameters")


class Parameters:
    """The base of the estimators."""

    _estimator_type = "classifier"  # scikit-learn before 1.6

    @classmethod
    def _names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters of __init__ by name. `deep` is there for scikit-learn."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self: Self, **params: Any) -> Self:
        """Set parameters of __init__; those that are not named stay as they are."""
        for name in params:
            if name not in self._names():
                raise ValueError(f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: "
                                 f"{self._names()!r}.")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        said = [f"{name}={value!r}" for name, value in self.get_params().items() if value is not defaults[name].default
                and value != defaults[name].default]
        return f"{type(self).__name__}({', '.join(said)})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def _need_fit(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise not_fitted(type(self).__name__)

    _images = False

    def __sklearn_tags__(self) -> Any:
        """Asked by scikit-learn alone, which is then there."""
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(estimator_type="classifier", target_tags=TargetTags(required=True), transformer_tags=None,
                    classifier_tags=ClassifierTags(), regressor_tags=None,
                    input_tags=InputTags(three_d_array=self._images, allow_nan=not self._images))

    def _get_tags(self) -> dict[str, Any]:
        """The same for scikit-learn before 1.6."""
        defaults: dict[str, Any] = vars(sys.modules["sklearn.utils._tags"])["_DEFAULT_TAGS"]
        return {**defaults, "requires_y": True, "allow_nan": not self._images}
