// Command hosts uses modules whose paths begin as the linker's own names do (go.…), whose last element has a dot, and a method that is
// promoted from another package.
package main

import (
	"fmt"
	"os"

	"go.uber.org/multierr"
	goyaml "go.yaml.in/yaml/v3"
	"golang.org/x/net/websocket"
	"gopkg.in/yaml.v3"
)

func main() {
	var a, b any
	err := multierr.Append(goyaml.Unmarshal([]byte(os.Args[0]), &a), yaml.Unmarshal([]byte(os.Args[0]), &b))
	config, e := websocket.NewConfig("ws://localhost/", "http://localhost/")
	var address fmt.Stringer = &websocket.Addr{URL: config.Location}
	fmt.Println(a, b, multierr.Append(err, e), address)
}
