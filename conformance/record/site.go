package record

import (
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/conformance"
	"github.com/corsac-dev/corsac/conformance/chromium"
)

// The origins of cases. They are only names: each run has other ports.
const (
	pageOrigin = "http://localhost:4100"
	apiOrigin  = "http://localhost:4101"
	api2Origin = "http://127.0.0.1:4102"
	api3Origin = "http://127.0.0.1:4103"
)

var fixedPorts = []int{4100, 4101, 4102, 4103}

//go:embed page.html
var pageHTML string

// ports translates between fixed and real ports.
type ports struct{ real, fixed *strings.Replacer }

// Real implements conformance.Names.
func (p ports) Real(text string) string { return p.real.Replace(text) }

// Fixed implements conformance.Names.
func (p ports) Fixed(text string) string { return p.fixed.Replace(text) }

// site is the servers of all cases.
type site struct {
	host      *conformance.Host
	names     ports
	listeners []net.Listener
}

// openSite listens on a port for each origin.
func openSite() (*site, error) {
	s := &site{}
	var toReal, toFixed []string
	var at []string
	for i, fixed := range fixedPorts {
		l, port, err := chromium.Listen()
		if err != nil {
			s.close()
			return nil, err
		}
		s.listeners = append(s.listeners, l)
		f, r := ":"+strconv.Itoa(fixed), ":"+strconv.Itoa(port)
		toReal, toFixed = append(toReal, f, r), append(toFixed, r, f)
		at = append(at, []string{pageOrigin, apiOrigin, api2Origin, api3Origin}[i])
	}
	s.names = ports{strings.NewReplacer(toReal...), strings.NewReplacer(toFixed...)}
	s.host = conformance.NewHost(s.names)
	html := []conformance.KV{{"Content-Type", "text/html"}, {"Cache-Control", "no-store"}}
	s.host.Serve("/runner", &conformance.Resp{Status: 200, Headers: html, Body: pageHTML})
	s.host.Serve("/sandbox", &conformance.Resp{
		Status: 200, Headers: append(html, conformance.KV{"Content-Security-Policy", "sandbox allow-scripts"}), Body: pageHTML,
	})
	for i, l := range s.listeners {
		go s.host.ServeListener(l, at[i])
	}
	return s, nil
}

func (s *site) close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}

// documents are the pages in which cases run.
var documents = map[string]string{"page": "/runner", "null": "/sandbox"}

// document returns the URL of a page.
func (s *site) document(page string) (string, error) {
	path, ok := documents[page]
	if !ok {
		return "", fmt.Errorf("there is no page %q", page)
	}
	return s.names.Real(pageOrigin + path + "?who=" + page), nil
}
