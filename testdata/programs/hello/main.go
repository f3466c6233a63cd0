// Command hello is the smallest subject with something of everything: a closure, a method, a map, an interface, a panic.
package main

import (
	"fmt"
	"os"
	"sort"
	"strings"
)

type shape interface{ Area() float64 }

type square struct{ Side float64 }

func (s square) Area() float64 { return s.Side * s.Side }

var table = map[string]int{"one": 1, "two": 2, "three": 3}

//go:noinline
func total(shapes []shape) (sum float64) {
	add := func(s shape) { sum += s.Area() }
	for _, s := range shapes {
		add(s)
	}
	return sum
}

func main() {
	names := make([]string, 0, len(table))
	for name := range table {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Println(strings.Join(names, " "), total([]shape{square{2}, square{3}}))
	if len(os.Args) > 1 {
		panic(os.Args[1])
	}
}
