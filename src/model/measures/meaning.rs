//! Explanations of the measures, for the help screen and the documentation.

/// Explanation of one measure or of several related ones.
#[derive(Debug)]
pub struct Meaning {
    /// Title on the help screen.
    pub title: &'static str,
    /// Definition, and the values of a healthy run.
    pub text: &'static str,
}

const fn meaning(title: &'static str, text: &'static str) -> Meaning {
    Meaning { title, text }
}

pub(crate) static LOSS: Meaning = meaning(
    "loss D, G",
    "The losses of discriminator and generator. Healthy: both wander within a band and neither falls to its end; \
     D's loss at 0 means that D has won and G learns nothing.",
);

pub(crate) static OUTPUT: Meaning = meaning(
    "D real, fake",
    "D's mean output on real and on generated samples. Healthy: real above fake, by a gap that stays; a gap that \
     grows without end means that D wins, none that it has lost. Histograms of single outputs have marks where the loss \
     changes: hinge learns nothing from real samples above 1 and generated ones below -1.",
);

pub(crate) static ACCURACY: Meaning = meaning(
    "accuracy",
    "Share of real, and of generated samples that D takes for what they are. Healthy: below 1; both at 1 mean that D \
     has won.",
);

pub(crate) static SLOPE: Meaning = meaning(
    "‖∇xD‖",
    "Norm of the gradient of D's output with respect to a generated sample, mean and maximum of a batch: what G learns from. \
     The dashboard draws the maximum. Healthy: steady. Towards 0 it starves G, growing without end it makes G unstable; spectral normalization bounds it by \
     the gain.",
);

pub(crate) static LIPSCHITZ: Meaning = meaning(
    "Lipschitz bound",
    "The most that ‖∇xD‖ can be anywhere: gain times the norms of all weights in use times the slopes of the activations \
     (Miyato et al. 2018, equation 7). Healthy: steady; with SN and dense layers it is the gain. Convolutions count with their norm as a \
     linear map; where that is unknown, the norm of the matrix is used and the name says so (∏σ of matrices), for then it is no bound. Known at the \
     steps of exact spectra; a value from before a change of settings has its step beside it. None with batch norm.",
);

pub(crate) static GRADIENT: Meaning = meaning(
    "‖∇θD‖, ‖∇θG‖",
    "Norms of the gradients of the losses with respect to all parameters of D, of G. Healthy: within a decade or \
     two of where they started.",
);

pub(crate) static SIGMA: Meaning = meaning(
    "σ",
    "Largest singular value of a layer's raw weight W, by power iteration: the estimate with which the step was made, before \
     its update. Exact values, and the estimate beside them in Layers, are of the weights after the step. With SN the layer uses W/σ, so σ may drift without harm. Healthy without SN: steady; a growing σ lets D become steep.",
);

pub(crate) static EXACT_SIGMA: Meaning = meaning(
    "σ exact, error",
    "σ by an SVD in double precision, and how far the estimate is from it. Healthy: below 1 %; the estimate is \
     never above the exact one except for rounding.",
);

pub(crate) static COSINES: Meaning = meaning(
    "cosine u, v",
    "1 − |cos| between u, v and the first singular vectors. Healthy: near 0; larger where the first two singular \
     values are close, which does no harm.",
);

pub(crate) static OPERATOR_NORM: Meaning = meaning(
    "operator",
    "Norm of the raw convolution as a linear map, stride and padding included. The paper divides by σ of the \
     reshaped matrix instead; Healthy: the ratio of the two hardly changes.",
);

pub(crate) static COSINE_NEXT: Meaning = meaning(
    "cosine u, next v",
    "|cos| between a layer's u and the next layer's v: how far its strongest output direction is what the next layer \
     amplifies most. Dense layers and 1×1 convolutions have it; activations between are not counted. Healthy: below 1; near 1 in all layers, \
     one direction passes through D at full strength and ‖∇xD‖ can reach its bound.",
);

pub(crate) static FROBENIUS: Meaning = meaning(
    "‖W‖F",
    "Frobenius norm of the raw weight: the root of the sum of all squared singular values. Healthy: it changes slowly.",
);

pub(crate) static STABLE_RANK: Meaning = meaning(
    "stable rank",
    "‖W‖F²/σ²: over how many directions the weight is spread. Healthy: well above 1; at 1 one direction is left.",
);

pub(crate) static LAYER_GRADIENT: Meaning = meaning(
    "gradient",
    "Norm of the loss's gradient with respect to the layer's weight. Healthy: of one order in all layers; 0 means \
     that a layer learns nothing.",
);

pub(crate) static EFFECTIVE_RANK: Meaning = meaning(
    "effective rank",
    "exp of the entropy of the singular values over their sum (Roy & Vetterli 2007): how many directions count. \
     Healthy: steady or slowly falling; a fall to a few is spectral collapse.",
);

pub(crate) static DISTANCE: Meaning = meaning(
    "‖θ − θa‖/‖θa‖",
    "How far the parameters that a lane computes with are from those of lane a, relative to the norm of those. With SN the \
     weight of a layer is its gain times W/σ, so switching SN off with fold is no distance. Lanes draw the same \
     batches and latents, so it tells what the changes of settings have done. Healthy: 0 where nothing was changed, else it \
     grows from the fork on.",
);

pub(crate) static DISTANCE_OF_SAMPLES: Meaning = meaning(
    "samples apart",
    "Mean distance between the samples of a lane and of lane a of the same latents, relative to that between real \
     samples. Healthy: 0 where nothing was changed; near 1 the two show different samples.",
);

pub(crate) static MODES: Meaning = meaning(
    "modes",
    "Modes of a mixture that at least one good sample hits. Healthy: all of them.",
);

pub(crate) static HIGH_QUALITY: Meaning = meaning(
    "high quality",
    "Share of samples within 3 standard deviations of a mode. Healthy: above 0.9 at the end.",
);

pub(crate) static REVERSE_KL: Meaning = meaning(
    "reverse KL",
    "How unevenly samples fall on the modes, in nats. Healthy: near 0.",
);

pub(crate) static DIVERSITY: Meaning = meaning(
    "diversity",
    "How different generated images are from each other, relative to real ones. Healthy: near that of real images (1); a \
     fall is mode collapse.",
);

pub(crate) static SWD: Meaning = meaning(
    "swd",
    "Sliced Wasserstein distance between generated and real images. Healthy: falling, then steady.",
);

pub(crate) static CLASSIFIER: Meaning = meaning(
    "class. score, Fréchet, entropy",
    "By the classifier of the bundled sets. Healthy: how sure and varied its classes are (higher is better), distance of \
     features (lower is better), how evenly classes are hit (ln 10 = 2.303 at best).",
);
