#include "textflag.h"

TEXT ·length(SB), NOSPLIT, $0-8
	MOVQ ·Word+8(SB), AX
	MOVQ AX, ret+0(FP)
	RET

TEXT hidden<>(SB), NOSPLIT, $0
	RET
