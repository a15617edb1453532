"""The waterfall's lines in whole steps."""

import numpy as np

LINES = """async (cases) => {
  const { lines } = await import("/page/waterfall.js");
  return cases.map(({ changes, start }) => {
    const end = changes.reduce((sum, change) => sum + change, start);
    const [first, last] = [start, end].map((value) => Math.round(value / 0.01));
    return [first, last, lines(changes.map((change) => ["name", "", change]), first, last, 0.01)];
  });
}"""


def test_steps_add_up_whatever_the_contributions_and_are_theirs_to_a_step_or_so(opened):
    random = np.random.default_rng(2)
    cases = []
    for n in random.integers(1, 40, 200).tolist():
        changes = sorted(random.normal(0, 10.0 ** random.integers(-3, 2), n).tolist(), key=abs, reverse=True)
        cases.append({"changes": changes, "start": random.normal(6, 3)})
    for case, (first, last, lines) in zip(cases, opened().evaluate(LINES, cases), strict=True):
        assert first + sum(steps for *_, steps in lines) == last
        shown = [change for change in case["changes"] if abs(change) > 0.005][:12]
        named = [steps for name, _, steps in lines if name == "name"]
        np.testing.assert_allclose(np.array(named) * 0.01, shown, atol=0.0151)
