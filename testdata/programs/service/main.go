// Command service is a program of the kind that teams ship: HTTP with TLS, JSON, templates, embedded files, generics, and
// nothing but the standard library. It never runs in tests.
package main

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

//go:embed static
var static embed.FS

var page = template.Must(template.New("page").Parse(`<ul>{{range .}}<li>{{.Name}}: {{.Price}}</li>{{end}}</ul>`))

var name = regexp.MustCompile(`^[a-z][a-z0-9-]{2,30}$`)

var errName = errors.New("service: not a name")

type item struct {
	Name  string        `json:"name"`
	Price int           `json:"price"`
	Since time.Duration `json:"since,omitempty"`
}

// A cache of values by key that counts how often it was asked.
type cache[K comparable, V any] struct {
	values sync.Map
	asked  atomic.Int64
	last   atomic.Pointer[V]
}

func (c *cache[K, V]) get(key K) (v V, ok bool) {
	c.asked.Add(1)
	if p := c.last.Load(); p != nil {
		v = *p
	}
	if found, ok := c.values.Load(key); ok {
		return found.(V), true
	}
	return v, false
}

func (c *cache[K, V]) put(key K, v V) {
	c.last.Store(&v)
	c.values.Store(key, v)
}

func sorted[M ~map[K]V, K cmp.Ordered, V any](m M) []V {
	var out []V
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

type server struct {
	items  map[string]item
	visits cache[netip.Addr, int]
	byName cache[string, item]
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		n, _ := s.visits.get(from.Addr())
		s.visits.put(from.Addr(), n+1)
	}
	switch want := r.URL.Query().Get("name"); {
	case want == "":
		if err := page.Execute(w, sorted(s.items)); err != nil {
			slog.ErrorContext(ctx, "page", "err", err)
		}
	case !name.MatchString(want):
		http.Error(w, errName.Error(), http.StatusBadRequest)
	default:
		it, ok := s.byName.get(want)
		if !ok {
			it = s.items[want]
			s.byName.put(want, it)
		}
		if err := json.NewEncoder(w).Encode(it); err != nil {
			slog.ErrorContext(ctx, "item", "err", err)
		}
	}
}

func main() {
	items := map[string]item{}
	data, err := static.ReadFile("static/items.json")
	if err == nil {
		err = json.Unmarshal(data, &items)
	}
	key, keyErr := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err, keyErr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s := &http.Server{
		Addr:      ":8443",
		Handler:   &server{items: items},
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{{PrivateKey: key}}},
	}
	fmt.Fprintln(os.Stderr, s.ListenAndServeTLS("", ""))
}
