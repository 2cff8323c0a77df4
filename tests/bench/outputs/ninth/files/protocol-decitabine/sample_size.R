library(gsDesign)
library(pwr)
# two proportions, two-sided
pwr.2p.test(h = ES.h(0.45, 0.33), sig.level = 0.05, power = 0.80)
gsDesign(k = 2, test.type = 2, alpha = 0.025, beta = 0.2, sfu = 'OF')
# result: n = 259 per arm before drop-out
