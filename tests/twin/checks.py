"""Gradients of the twin against central differences, densities against torch.distributions."""
import torch
from torch.distributions import Bernoulli, Categorical, Normal, StudentT, kl_divergence

import model


def difference(f, leaves, h):
    """Relative error of the gradient of f along a random direction."""
    generator = torch.Generator().manual_seed(1)
    grads = torch.autograd.grad(f(), leaves, allow_unused=True)
    ways = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in leaves]
    slope = sum(float((g * d).sum()) for g, d in zip(grads, ways) if g is not None)
    values = []
    with torch.no_grad():
        for sign in (h, -2 * h, h):
            for p, d in zip(leaves, ways):
                p.add_(d, alpha=sign)
            values.append(float(f()))
    return abs((values[0] - values[1]) / (2 * h) - slope) / (abs(slope) + 1e-12)


def check_densities(twin):
    """KL, log-density and ratio against torch.distributions."""
    lv, mu, eps = (torch.randn(5, 4, dtype=twin.dtype) for _ in range(3))
    q, p = Normal(mu, (lv / 2).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    z = mu + (lv / 2).exp() * eps
    for a, b in ((model.kl(mu, lv), kl_divergence(q, p)), (model.log_normal(z, mu, lv), q.log_prob(z)),
                 (model.ratio(z, lv, eps), p.log_prob(z) - q.log_prob(z))):
        assert torch.allclose(a, b.sum(-1), rtol=1e-12)
    exact = StudentT(3.5, mu, (lv / 2).exp()).log_prob(z).sum(-1)
    assert torch.allclose(model.log_student(z, mu, lv, 3.5), exact, rtol=1e-12)
    if not twin.classifies:
        check_likelihood(twin)


def check_likelihood(twin):
    """That of the case's kinds of numbers, variable by variable."""
    net, exact = twin.net, 0.0
    x = net.batch(*twin.data).x.flatten(1)
    params = torch.randn(twin.n, (1 + net.s.variance) * net.D, dtype=twin.dtype)
    if "likelihood.rho" in net.theta:
        scale = (net.log_variance(params, 0.5) / 2).exp().expand(twin.n, net.D)
    for kind, first, end in net.spans:
        at, p = x[:, first:end], params[:, first:end]
        if kind == "continuous":
            law = Normal if net.likelihood == "gaussian" else lambda mu, s: StudentT(net.s.nu, mu, s)
            exact = exact + law(p, scale[:, first:end]).log_prob(at).sum(-1)
        elif kind == "binary":
            exact = exact + Bernoulli(logits=p, validate_args=False).log_prob(at).sum(-1)
        else:
            exact = exact + Categorical(logits=p).log_prob(at.argmax(-1))
    assert torch.allclose(net.log_likelihood(x, params, 0.5), exact, rtol=1e-12)


def check(twin):
    """Every objective along a direction in each net, and the attack along a direction in x."""
    check_densities(twin)
    h = 1e-8 if twin.name == "mnist" else 1e-6
    worst = {}
    for name, (objective, _) in twin.objectives().items():
        for prefix in ("p_prior", "p_y", "p_z", "p_m", "p_c", "p_merge", "q_m", "q_z", "dnn", "likelihood"):
            leaves = [p for t, p in twin.net.theta.items() if t.startswith(prefix + ".")]
            if not leaves or name in ("train", "do_m0", "joint_do_m0") and prefix == "q_m":
                continue
            if name == "train" and prefix == "p_m" and twin.net.readings:
                continue
            worst[f"{name} {prefix}"] = difference(lambda: objective(0), leaves, h)
    given, eps = twin.net.batch(twin.attacked, *twin.data[1:]), twin.net.noise(twin.seed, twin.n, 0, 2, 3)
    leaves = [v.requires_grad_() for v in (given.x, given.c) if v.numel()]

    def attack():
        log_p = twin.net.log_predict(twin.net.log_weights(given, given.x, None, *eps))
        return -log_p[torch.arange(twin.n), torch.as_tensor(twin.y)].sum()

    worst["attack"] = difference(attack, leaves, h)
    for key, error in worst.items():
        print(f"{twin.name:8} {key:28} {error:.1e}")
