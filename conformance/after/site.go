package after

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/conformance/chromium"
	"github.com/corsac-dev/corsac/conformance/internal/rawhttp"
)

//go:embed page.html
var pageHTML string

// Site serves the page and the cases. It is safe for concurrent use.
type Site struct {
	listeners   []net.Listener
	real, fixed *strings.Replacer

	mu    sync.Mutex
	cases map[string]*Case
}

// Open listens on loopback.
func Open() (*Site, error) {
	s := &Site{cases: map[string]*Case{}}
	var toReal, toFixed []string
	for _, fixed := range []int{4100, 4102} {
		l, port, err := chromium.Listen()
		if err != nil {
			s.Close()
			return nil, err
		}
		s.listeners = append(s.listeners, l)
		f, r := ":"+strconv.Itoa(fixed), ":"+strconv.Itoa(port)
		toReal, toFixed = append(toReal, f, r), append(toFixed, r, f)
		go rawhttp.Accept(l, s.serve)
	}
	s.real, s.fixed = strings.NewReplacer(toReal...), strings.NewReplacer(toFixed...)
	return s, nil
}

// Close stops listening.
func (s *Site) Close() {
	for _, l := range s.listeners {
		_ = l.Close()
	}
}

func (s *Site) find(id string) *Case {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cases[id]
}

// serve answers one request and closes the connection.
func (s *Site) serve(conn net.Conn) {
	defer conn.Close()
	head, err := rawhttp.ReadHead(bufio.NewReaderSize(conn, 64<<10))
	if err != nil {
		return
	}
	at, err := url.ParseRequestURI(head.Target)
	if err != nil {
		return
	}
	c := s.find(strings.TrimPrefix(at.Path, "/r/"))
	switch {
	case c != nil:
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n")
		for _, h := range c.Headers {
			fmt.Fprintf(conn, "%s: %s\r\n", h[0], latin1(h[1]))
		}
		fmt.Fprintf(conn, "\r\n%s", latin1(c.Body))
		if c.Reset {
			time.Sleep(150 * time.Millisecond) // so that the browser has what was sent
			rawhttp.Reset(conn)
		}
	case at.Path == "/page":
		name, value := "Cross-Origin-Embedder-Policy", at.Query().Get("policy")
		if reported, ok := strings.CutPrefix(value, "?"); ok {
			name, value = name+"-Report-Only", reported
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\n%s: %s\r\nContent-Length: %d\r\n\r\n%s", name, value, len(pageHTML), pageHTML)
	default:
		fmt.Fprint(conn, "HTTP/1.1 404 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	}
}

// batch are cases that one document loads.
type batch struct {
	page   string // URL of the document
	script string // what to evaluate there
	cases  []*Case
}

// maxBatch bounds the cases of a document.
const maxBatch = 40

// batches distributes cases to documents, by page.
func (s *Site) batches(cases []*Case) (list []batch, err error) {
	byPage := map[string][]*Case{}
	var pages []string
	for _, c := range cases {
		if byPage[c.Page] == nil {
			pages = append(pages, c.Page)
		}
		byPage[c.Page] = append(byPage[c.Page], c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, page := range pages {
		for rest := byPage[page]; len(rest) > 0; {
			some := rest[:min(maxBatch, len(rest))]
			rest = rest[len(some):]
			type load struct {
				URL         string `json:"url"`
				Destination string `json:"destination"`
				Mode        string `json:"mode"`
			}
			var loads []load
			for _, c := range some {
				s.cases[c.ID] = c
				loads = append(loads, load{s.real.Replace(c.url()), string(c.Destination), string(c.Mode)})
			}
			text, err := json.Marshal(loads)
			if err != nil {
				return nil, err
			}
			at := s.real.Replace(pageOrigin) + "/page?policy=" + url.QueryEscape(page)
			list = append(list, batch{at, "loadAll(" + string(text) + ")", some})
		}
	}
	return list, nil
}

// caseOf returns the case that a URL or a line is about, or "".
func (s *Site) caseOf(text string) string {
	_, rest, ok := strings.Cut(text, "/r/")
	if !ok {
		return ""
	}
	end := strings.IndexFunc(rest, func(c rune) bool {
		return c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z')
	})
	if end >= 0 {
		rest = rest[:end]
	}
	return rest
}
