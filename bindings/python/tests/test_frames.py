"""test_frames - pandas: roles by column name, causal graphs, columns of every kind; the chamber's sensors."""
import os

import numpy as np
import pytest

pd = pytest.importorskip("pandas")

from cama import CamaClassifier, CamaImageClassifier

CHAMBER = os.path.join(os.environ.get("CAMA_SOURCE", os.path.join(os.path.dirname(__file__), "..", "..", "..")),
                       "examples", "data", "chamber")


@pytest.fixture(scope="module")
def rooms():
    """The class is whether somebody is in a room: that moves the sound and the door, and the season moves the class."""
    rng = np.random.default_rng(4)
    season, fan = rng.choice(["summer", "winter"], 600), rng.normal(size=600)
    inside = rng.random(600) < np.where(season == "winter", 0.8, 0.3)
    frame = pd.DataFrame({
        "sound": 3.0 * inside + fan + 0.2 * rng.normal(size=600), "fan": fan, "season": season,
        "door": np.where(rng.random(600) < 0.8, inside, ~inside), "noise": rng.integers(0, 9, 600)})
    return frame, pd.Series(np.where(inside, "someone", "nobody"), name="inside")


GRAPH = [("season", "inside"), ("inside", "sound"), ("inside", "door"), ("fan", "sound"), ("noise", "elsewhere")]


def test_roles_by_name(rooms):
    X, y = rooms
    model = CamaClassifier(parents=["season"], co_parents=["fan"], ignore=["noise"], epochs=40, threads=1).fit(X, y)
    assert [(each.name, each.role, each.kind) for each in model.layout_.variables] == [
        ("sound", "child", "continuous"), ("fan", "co_parent", "continuous"), ("season", "parent", "categorical"),
        ("door", "child", "binary")]
    assert model.score(X, y) > 0.95
    assert list(model.feature_names_in_) == list(X.columns)


def test_graphs(rooms):
    X, y = rooms
    nx = pytest.importorskip("networkx")
    by_list = CamaClassifier(graph=GRAPH, epochs=3, threads=1).fit(X, y)
    by_networkx = CamaClassifier(graph=nx.DiGraph(GRAPH), epochs=3, threads=1).fit(X, y)
    by_name = CamaClassifier(graph=GRAPH, target="inside", epochs=3, threads=1).fit(X, y.to_numpy())
    assert by_list.layout_.left_out == ["noise"] and by_list.target_ == "inside"
    assert by_list.model_.to_bytes() == by_networkx.model_.to_bytes() == by_name.model_.to_bytes()
    with pytest.raises(ValueError, match="directed"):
        CamaClassifier(graph=nx.Graph(GRAPH)).fit(X, y)


def test_frames_come_back(rooms):
    X, y = rooms
    X = X.set_index(np.arange(600) + 7)
    model = CamaClassifier(graph=GRAPH, epochs=20, threads=1).fit(X, y.set_axis(X.index))
    quiet = model.counterfactual(X, y, do={"inside": "nobody", "fan": X["fan"]})
    assert list(quiet.columns) == ["sound", "door"] and (quiet.index == X.index).all()
    assert (quiet["sound"] - X["sound"])[y.to_numpy() == "someone"].mean() == pytest.approx(-3, abs=0.7)
    assert list(model.reconstruct(X.iloc[:3]).columns) == ["sound", "door"]


def test_other_columns_are_refused(rooms):
    X, y = rooms
    model = CamaClassifier(graph=GRAPH, epochs=1, threads=1).fit(X, y)
    with pytest.raises(ValueError, match="same order"):
        model.predict(X[X.columns[::-1]])
    with pytest.raises(ValueError, match="now missing:\n- fan"):
        model.predict(X.drop(columns="fan"))
    with pytest.raises(ValueError, match="'autumn' in row 2"):
        model.predict(X.assign(season=X["season"].where(X.index != 2, "autumn")))
    some = X.assign(sound=X["sound"].where(X.index != 5))  # an effect: its cell is left out
    assert np.isfinite(model.predict_proba(some)).all()
    np.testing.assert_array_equal(model.predict_proba(some)[6:], model.predict_proba(X)[6:])
    with pytest.raises(ValueError, match="column 'fan' contains NaN.*row 5"):
        model.predict(X.assign(fan=X["fan"].where(X.index != 5)))
    with pytest.raises(ValueError, match="numbers as texts"):
        CamaClassifier().fit(X.assign(fan=X["fan"].astype(str)), y)


def test_kinds_of_columns(rooms):
    X, y = rooms
    X = X.assign(noise=X["noise"].astype("category"), fan=X["fan"].astype("float64"), door=X["door"].astype("boolean"),
                 whole=pd.array(X["noise"], dtype="Int64"), season=X["season"].astype("string"))
    model = CamaClassifier(epochs=2, threads=1).fit(X, y)
    kinds = {each.name: each.kind for each in model.layout_.variables}
    assert kinds == {"sound": "continuous", "fan": "continuous", "season": "categorical", "door": "binary",
                     "noise": "categorical", "whole": "continuous"}
    assert model.predict_proba(X).shape == (600, 2)
    holed = X.assign(whole=X["whole"].mask(X.index == 3))
    assert np.isfinite(model.predict_proba(holed)).all()


def test_files_keep_names(rooms, tmp_path):
    X, y = rooms
    model = CamaClassifier(graph=GRAPH, epochs=3, threads=1).fit(X, y)
    model.save(tmp_path / "m.safetensors")
    loaded = CamaClassifier.load(tmp_path / "m.safetensors")
    assert loaded.target_ == "inside" and list(loaded.classes_) == ["nobody", "someone"]
    np.testing.assert_array_equal(loaded.predict_proba(X[loaded.feature_names_in_]), model.predict_proba(X))


def test_images_in_a_frame():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.random((40, 64)), columns=[f"pixel{i}" for i in range(64)])
    model = CamaImageClassifier(epochs=1, threads=1).fit(X, [0, 1] * 20)
    assert list(model.reconstruct(X).columns) == list(X.columns)


def test_the_chamber():
    """The five-minute start of docs/python.md, on the data of the repository."""
    def read(name):
        frame = pd.read_csv(os.path.join(CHAMBER, f"uniform_{name}.csv.gz"))
        return frame.drop(columns="red"), pd.cut(frame["red"], [-1, 21.5, 43, 64.5, 200], labels=["0", "1", "2", "3"])

    graph = pd.read_csv(os.path.join(CHAMBER, "dag.csv")).itertuples(index=False, name=None)
    X, y = read("reference")
    model = CamaClassifier(graph=list(graph), target="red", epochs=20).fit(X[:4000], y[:4000])
    assert model.score(X[8000:8500], y[8000:8500]) > 0.8
    new, truth = read("t_ir_1_strong")
    adapted = model.adapt(new[:500])
    assert not adapted.report_["rolled_back"], adapted.report_
    assert adapted.score(new[500:], truth[500:]) > model.score(new[500:], truth[500:]) + 0.05
    assert adapted.score_samples(new[500:]).mean() > model.score_samples(new[500:]).mean()  # what Eq. 7 maximises
