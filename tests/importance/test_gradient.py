import torch

from greenlight_films.importance.gradient import gradient_of


def test_a_gradient_is_that_of_the_formula_and_the_sums_stay_as_they_are():
    sums = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    before = sums.clone()
    output, slopes = gradient_of(lambda values: values.pow_(2).sum(1, keepdim=True))(sums)
    assert torch.equal(output, torch.tensor([5.0, 25.0]))
    assert torch.equal(slopes, 2 * before)
    assert torch.equal(sums, before)


def test_a_network_made_and_asked_in_inference_mode_has_gradients_and_keeps_none():
    with torch.inference_mode():
        tail = torch.nn.Sequential(torch.nn.ReLU(inplace=True), torch.nn.Linear(3, 1))
        gradient = gradient_of(tail)
        _, slopes = gradient(torch.ones(2, 3))
    assert torch.allclose(slopes, tail[1].weight.expand(2, 3))
    assert tail[1].weight.grad is None
