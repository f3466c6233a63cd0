// Package plain has one of everything that becomes a symbol, and imports nothing, so that it compiles for any architecture.
package plain

var Table [100]int

var Word = "word"

var Ratio float64

type Box[K any] struct{ inner K }

func (b Box[K]) Open() K { return b.inner }

//go:noinline
func triple(x int) int { return 3 * x }

func Sum(s string) (n int) {
	for i := range s {
		n += triple(i)
	}
	Table[3] = n
	println(Word, Ratio)
	return n / len(Table)
}

func Any(m map[string]any) any {
	return Box[int]{3}.Open() + func() int { return len(Word) }() + len(m)
}
