package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/internal/visible"
)

// hostile is text from outside that no terminal may get as it is.
type hostile struct {
	raw string // between marks, so that it can be found
}

// The marks around a sequence.
const (
	markBefore, markAfter = "q7", "7q"
	fake                  = "FAKE: line"
)

// hostiles returns more than a thousand different texts, always the same.
func hostiles() (list []hostile) {
	seen := map[string]bool{}
	add := func(sequences ...string) {
		for _, s := range sequences {
			if s = markBefore + s + markAfter; !seen[s] {
				seen[s] = true
				list = append(list, hostile{s})
			}
		}
	}
	for r := rune(0); r < ' '; r++ { // C0
		if r != '\t' && r != '\n' {
			add(string(r), string(r)+"x", "x"+string(r)+string(r))
		}
	}
	for c := rune(0x7f); c < 0xa0; c++ { // DEL and C1, as characters and as bytes
		add(string(c), string(c)+"0m", string([]byte{byte(c)}), string([]byte{byte(c)})+"31m", "é"+string([]byte{byte(c)}))
	}
	for _, end := range []string{"\a", "\x1b\\", "\u009c", "\x9c", ""} { // OSC, DCS, SOS, PM, APC
		for _, start := range []string{"\x1b]", "\u009d", "\x9d"} {
			for _, s := range []string{"0;title", "2;title", "8;;http://evil.example", "52;c;ZXZpbA==", "4;1;rgb:00/00/00", "1337;File=x", "777;notify;x", "9;x", "133;A", "7;file://x"} {
				add(start + s + end)
			}
		}
		for _, start := range []string{"\x1bP", "\u0090", "\x90", "\x1bX", "\u0098", "\x1b^", "\u009e", "\x1b_", "\u009f", "\x9f"} {
			add(start+"q#0"+end, start+"$q\"p"+end, start+"Gf=100"+end)
		}
	}
	for _, csi := range []string{"\x1b[", "\u009b", "\x9b"} {
		for _, final := range "@ABCDEFGHJKLMPSTXZ`abcdefghilmnpqrstu" {
			add(csi+string(final), csi+"1"+string(final), csi+"?25"+string(final))
		}
		add(csi+"31m", csi+"31;1m", csi+"0m", csi+"1m", csi+"2m", csi+"38;2;1;2;3m", csi+"201~", csi+">c", csi+"!p", csi+"6n")
	}
	for final := rune('0'); final < 0x7f; final++ {
		add("\x1b" + string(final))
	}
	for _, r := range []rune{
		0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200b, 0x200c, 0x200d, 0x2060, 0x2061, 0x2064,
		0xfeff, 0xad, 0x2028, 0x2029, 0x34f, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x3164, 0xffa0, 0xfe00, 0xfe0f, 0xfff9, 0xfffb, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0xe01ef,
	} {
		add(string(r), string(r)+"abc", "a"+string(r)+"b", strings.Repeat(string(r), 5))
	}
	for _, s := range []string{"\xe2", "\xe2\x80", "\xf0\x9f", "\xf0\x9f\xa6", "\xc2", "\xed\xa0\x80", "\xc0\x9b", "\xe0\x80\x9b", "\xf8\x80\x80\x80\x9b"} { // split and overlong
		add(s, s+"\x1b[31m", s+s, s+"\u009b31m")
	}
	add("\r"+fake, "\b\b\b"+fake, "x\r\x1b[2K"+fake, "\n"+fake, "\r\n"+fake, "\v"+fake, "\u0085"+fake, "\u2028"+fake, "\x00\x00", "%0A"+fake, "\n\n"+fake, "\n\t\n"+fake)
	return list
}

func TestHostiles(t *testing.T) {
	if n := len(hostiles()); n < 1000 {
		t.Errorf("%d variants", n)
	}
}

// ownStyles are the only escape sequences that corsac writes.
var ownStyles = strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[31;1m", "", "\x1b[32;1m", "", "\x1b[33;1m", "")

// rawOf returns what is wrong with an output for a terminal. A command may have
// newlines in quotes.
func rawOf(out string, h hostile, colours, command bool) (wrong string) {
	if !colours {
		return rawIn(out, command)
	}
	if strings.ContainsFunc(h.raw, func(r rune) bool { return visible.Hidden(r) && r != '\n' && r != '\t' }) && strings.Contains(out, h.raw) {
		return "it has the sequence"
	}
	return rawIn(ownStyles.Replace(out), command)
}

// rawIn is rawOf without colours, for any hostile text.
func rawIn(out string, command bool) (wrong string) {
	if !utf8.ValidString(out) {
		return "it is not UTF-8"
	}
	for _, r := range out {
		if visible.Hidden(r) && r != '\n' && r != '\t' {
			return fmt.Sprintf("it has %U", r)
		}
	}
	if !command && slices.ContainsFunc(strings.Split(out, "\n"), func(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), fake) }) {
		return "it has a line of the value's own"
	}
	return ""
}

// TestHostile puts every text into several places, and several texts into every
// place, with and without colours. Under the race detector, there are fewer: what
// finds races is that every place is used.
func TestHostile(t *testing.T) {
	testenv.NoRace(t, "thousands of commands, one after the other")
	t.Chdir(t.TempDir()) // some places are files that are written
	server := newHostileServer(t)
	list, texts := places(t, server), hostiles()
	rand := rand.New(rand.NewPCG(1, 2))
	began, runs := time.Now(), 0
	for i := range max(2*len(texts), 6*len(list)) {
		where, h := list[i%len(list)], texts[rand.IntN(len(texts))]
		if i < len(texts) {
			h = texts[i]
		}
		server.text.Store(h.raw)
		c := where.command(h.raw)
		colours := rand.IntN(2) == 0
		getenv := func(name string) string {
			if v, ok := c.env[name]; ok {
				return v
			}
			if name == "CLICOLOR_FORCE" && colours {
				return "1"
			}
			return ""
		}
		var out, errs testenv.Log
		cli.Run(t.Context(), c.args, cli.IO{In: strings.NewReader(c.stdin), Out: &out, Err: &errs, Getenv: getenv})
		runs++
		if asksForJSON(c.args) && !isJSON(out.String()) {
			t.Errorf("%s, %q: not JSON: %q", where.name, h.raw, out.String())
		}
		for name, text := range map[string]string{"stdout": out.String(), "stderr": errs.String()} {
			if wrong := rawOf(text, h, colours, slices.Contains(c.args, "--curl")); wrong != "" {
				t.Errorf("%s, %q: %s: %s: %q", where.name, h.raw, name, wrong, text)
			}
		}
	}
	t.Logf("%d runs: %d texts, %d places, in %v", runs, len(texts), len(list), time.Since(began))
}

// asksForJSON reports whether a command prints JSON, if it prints anything.
func asksForJSON(args []string) bool {
	return slices.Contains(args, "--json") && !slices.ContainsFunc(args, func(a string) bool { return a == "-h" || strings.HasPrefix(a, "--help") || a == "help" })
}

// isJSON reports whether a text is a sequence of JSON values.
func isJSON(text string) bool {
	d := json.NewDecoder(strings.NewReader(text))
	for {
		var v any
		if err := d.Decode(&v); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// TestHostileTraffic checks the logs and the announcement of a gateway, whose
// clients and upstream send hostile bytes, in both formats.
func TestHostileTraffic(t *testing.T) {
	upstream := newHostileServer(t)
	texts := hostiles()
	for _, format := range []string{"text", "json"} {
		s := startServe(t, "--upstream", upstream.url, "--allow-origin", testOrigin, "--listen", "127.0.0.1:0", "--log-level", "debug", "--log-format", format)
		paths := slices.Sorted(maps.Keys(answers))
		for i := range 150 {
			raw := texts[(i*197)%len(texts)].raw
			upstream.text.Store(raw)
			for _, request := range []string{
				"GET " + paths[i%len(paths)] + " HTTP/1.1\r\nHost: a\r\nOrigin: " + raw + "\r\n",
				"GET /" + raw + " HTTP/1.1\r\nHost: " + raw + "\r\nOrigin: http://a.example\r\n",
				raw + " / HTTP/1.1\r\nHost: a\r\n" + raw + ": x\r\n",
			} {
				exchange(t, s.url, request+"Connection: close\r\n\r\n")
			}
		}
		s.stop()
		<-s.status
		log := s.err.String()
		if wrong := rawIn(log, false); wrong != "" {
			t.Errorf("%s: %s: %q", format, wrong, log)
		}
		if strings.Count(log, "\n") < 150 {
			t.Errorf("%s: a log of %d lines", format, strings.Count(log, "\n"))
		}
		for line := range strings.Lines(log) {
			if format == "json" && !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %q", line)
			}
		}
	}
}

// exchange sends bytes to a server, and reads what it answers.
func exchange(t *testing.T, url, request string) {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(conn, request)
	_, _ = io.Copy(io.Discard, conn)
}

// TestHostileCompletion checks what cobra writes to the standard error of the
// process itself, which no door guards.
func TestHostileCompletion(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = file
	defer func() { os.Stderr = stderr }()
	var out, errs testenv.Log
	for i, h := range hostiles() {
		if i%testenv.Rounds(5, 20) != 0 {
			continue
		}
		cli.Run(t.Context(), []string{"__complete", "--" + h.raw, h.raw}, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: noEnv})
		cli.Run(t.Context(), []string{"__completeNoDesc", "check", "--" + h.raw, "x"}, cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: noEnv})
	}
	os.Stderr = stderr
	text, err := os.ReadFile(file.Name())
	if err != nil || len(text) == 0 {
		t.Fatalf("%q, %v", text, err)
	}
	for _, got := range []string{string(text), out.String(), errs.String()} {
		if wrong := rawIn(got, false); wrong != "" {
			t.Errorf("%s: %q", wrong, got)
		}
	}
}

// broken panics when it is read.
type broken struct{}

func (broken) Read([]byte) (int, error) { panic("\x1b]0;x\a\n" + fake) }

// TestPanic checks that a panic is a problem like others, with a stack.
func TestPanic(t *testing.T) {
	var out, errs testenv.Log
	status := cli.Run(t.Context(), []string{"validate", "-c", "-"}, cli.IO{In: broken{}, Out: &out, Err: &errs, Getenv: noEnv})
	if wrong := rawIn(errs.String(), false); status != cli.ExitBroken || wrong != "" || !strings.Contains(errs.String(), `this is a fault of corsac: \u001B]0;x`) || !strings.Contains(errs.String(), "hostile_test.go:") {
		t.Errorf("status %d, %s: %s", status, wrong, errs.String())
	}
}
