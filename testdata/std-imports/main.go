// Writes the table of what the packages of Go's standard library import, by release: src/analysis/graph/std.txt.
//
//	go run testdata/std-imports/main.go go1.20.14 go1.21.13 … go1.27.4 > src/analysis/graph/std.txt
//
// The releases ascend, one of each minor version; each is fetched by GOTOOLCHAIN where it is not here. A line holds a package and what it imports on
// any of the systems below; behind an import that not all releases have stand the first and the last minor
// version that have it (`:21-24`, `:24-` for one that the last has too).
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
)

var systems = [][2]string{{"linux", "0"}, {"linux", "1"}, {"windows", "0"}, {"darwin", "0"}, {"freebsd", "0"}, {"js", "0"}}

type listed struct {
	ImportPath string
	Imports    []string
	ImportMap  map[string]string
}

func main() {
	type edge struct{ from, to string }
	seen := map[edge][]int{}
	var minors []int
	for _, release := range os.Args[1:] {
		minor, err := strconv.Atoi(strings.Split(release, ".")[1])
		if err != nil {
			fail(err)
		}
		minors = append(minors, minor)
		for _, system := range systems {
			arch := "GOARCH=amd64"
			if system[0] == "js" {
				arch = "GOARCH=wasm"
			}
			list := exec.Command("go", "list", "-json", "std")
			list.Env = append(os.Environ(), "GOTOOLCHAIN="+release, "GOOS="+system[0], "CGO_ENABLED="+system[1], arch, "GOFLAGS=")
			list.Stderr = os.Stderr
			out, err := list.Output()
			if err != nil {
				fail(fmt.Errorf("%s: %w", release, err))
			}
			all := json.NewDecoder(strings.NewReader(string(out)))
			for {
				var p listed
				if err := all.Decode(&p); err == io.EOF {
					break
				} else if err != nil {
					fail(err)
				}
				for _, to := range p.Imports {
					if mapped, ok := p.ImportMap[to]; ok {
						to = mapped
					}
					if to == "C" || to == "unsafe" {
						continue
					}
					e := edge{p.ImportPath, to}
					if n := len(seen[e]); n == 0 || seen[e][n-1] != minor {
						seen[e] = append(seen[e], minor)
					}
				}
			}
		}
	}
	first, last := minors[0], minors[len(minors)-1]
	lines := map[string][]string{}
	for e, in := range seen {
		// An import that went and came back counts as never gone: what is too much here only keeps a package longer.
		from, to := in[0], in[len(in)-1]
		text := e.to
		switch {
		case from == first && to == last:
		case to == last:
			text += fmt.Sprintf(":%d-", from)
		default:
			text += fmt.Sprintf(":%d-%d", from, to)
		}
		lines[e.from] = append(lines[e.from], text)
	}
	var packages []string
	for p := range lines {
		packages = append(packages, p)
		sort.Strings(lines[p])
	}
	sort.Strings(packages)
	for _, p := range packages {
		fmt.Println(p, strings.Join(lines[p], " "))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
