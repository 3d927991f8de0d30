package matrix

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// traefik is Traefik's headers middleware as a library, before the upstream. All
// of Traefik needs modules that no proxy of Go has.
var traefik = stacks.Server{
	Upstream: true, Programs: []string{"go"}, Install: "https://go.dev/doc/install", Start: "run -C library .",
	Files: func(code string, at stacks.Addresses) map[string]string {
		main := strings.NewReplacer("LISTEN", at.Listen(""), "UPSTREAM", at.Upstream).Replace(traefikMain)
		return map[string]string{
			"dynamic.yml": code + "\n", "library/main.go": main, "library/go.mod": fmt.Sprintf(traefikModule, traefikVersion),
			"library/ext/go.mod": "module github.com/traefik/traefik/dynamic/ext\n", "library/ext/ext.go": traefikExt,
		}
	},
}

const traefikVersion = "v3.7.13"

const traefikModule = `module library

go 1.26

require (
	github.com/traefik/paerser v0.2.2
	github.com/traefik/traefik/v3 %s
)

replace github.com/traefik/traefik/dynamic/ext => ./ext
`

// traefikExt stands in for a package that only Traefik's own module has.
const traefikExt = `package ext

type (
	HTTP   struct{}
	Router struct{}
)
`

const traefikMain = `package main

import (
	"context"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/traefik/paerser/file"
	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/middlewares/headers"
)

func main() {
	var config dynamic.Configuration
	if err := file.Decode("../dynamic.yml", &config); err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "UPSTREAM"})
	handler, err := headers.New(context.Background(), proxy, *config.HTTP.Middlewares["cors"].Headers, "cors")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("LISTEN", handler))
}
`
