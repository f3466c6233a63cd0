// Command operands loads string constants in every way the compiler has, beside constants that are no lengths, and names types, itabs,
// functions and variables.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

type pair struct {
	name, value string
	weight      int
}

type level int

func (l level) String() string {
	switch l {
	case 0:
		return "quiet"
	case 1:
		return "verbose, with details"
	case 2:
		return "ünïcödé → text"
	}
	return "no such level"
}

var (
	greeting = "a variable's first value"
	counter  int
	failure  = errors.New("a variable that init makes")
)

//go:noinline
func three(s string, n int, t string) int { return len(s) + n + len(t) }

//go:noinline
func show(w io.Writer, v ...any) { fmt.Fprintln(w, v...) }

//go:noinline
func each(f func(string) error, all ...string) (err error) {
	for _, s := range all {
		if err = f(s); err != nil {
			return err
		}
	}
	return nil
}

//go:noinline
func check(s string) error {
	if s == "compared with a long constant" {
		return failure
	}
	if strings.HasPrefix(s, "prefix of some length") {
		return errors.New("found\tthe \"prefix\"\n")
	}
	return nil
}

//go:noinline
func choose(n int) string {
	kind := "many"
	if n == 0 {
		kind = "none at all"
	} else if n < 5 {
		kind = "a few"
	}
	counter += n
	return kind
}

//go:noinline
func pairs() []*pair {
	return []*pair{{"first name", "first value", 7}, {name: "second name", value: "second value", weight: 11}}
}

//go:noinline
func join(s string) string { return "before " + s + " between " + s + " behind" }

func main() {
	n := three("argument in registers", 12, "another argument") + three("x", 3, "yy")
	for _, p := range pairs() {
		show(os.Stdout, p.name, p.value, p.weight, *p, p)
	}
	show(os.Stderr, level(n%4), choose(n), join(os.Args[0]), greeting)
	if err := each(check, "one of several", "the other one"); err != nil {
		panic("a panic's text: " + err.Error())
	}
	var m = map[string][]pair{"a key": nil}
	m[os.Args[0]] = append(m[os.Args[0]], pair{name: "appended"})
	show(os.Stdout, m, greeting)
	greeting = "a variable's second value"
}
