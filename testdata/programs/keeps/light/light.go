// Package light brings a JSON codec.
package light

import "encoding/json"

type shape struct {
	Name  string
	Edges []float64
}

// Run reads and writes JSON.
func Run(s string) string {
	var v shape
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		return err.Error()
	}
	b, _ := json.Marshal(v)
	return string(b)
}
