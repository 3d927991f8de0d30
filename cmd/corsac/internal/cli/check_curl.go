package cli

import (
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/corsac-dev/corsac/fetch"
)

// curl returns a command that sends a request of the conversation again.
func (s *checkSession) curl(w *fetch.Wire) string {
	words := []string{"curl", "-i"}
	switch w.Method {
	case "GET":
	case "HEAD":
		words = append(words, "-I")
	default:
		words = append(words, "-X", w.Method)
	}
	f := &s.f.network
	if f.insecure {
		words = append(words, "-k")
	}
	if f.caFile != "" {
		words = append(words, "--cacert", f.caFile)
	}
	for _, m := range f.connectTo {
		words = append(words, "--connect-to", m)
	}
	for _, m := range f.resolve {
		words = append(words, "--resolve", m)
	}
	for _, h := range w.Headers {
		words = append(words, "-H", headerWord(h))
	}
	if w.Credentials && s.f.cookie != "" {
		words = append(words, "-H", "Cookie: "+s.f.cookie)
	}
	if w.Body != nil {
		words = append(words, "--data-binary", string(s.body))
	}
	words = append(words, w.URL)
	for i := range words {
		words[i] = shellWord(words[i])
	}
	return strings.Join(words, " ")
}

func headerWord(h fetch.Header) string {
	if h.Value == "" {
		return h.Name + ";"
	}
	return h.Name + ": " + h.Value
}

// shellWord quotes a word for a POSIX shell.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r))
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		return "$'" + strings.ReplaceAll(strings.Trim(strconv.QuoteToASCII(s), `"`), "'", `\'`) + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// columns returns how wide a terminal is, and 0 for anything else.
func columns(w io.Writer, getenv func(string) string) int {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	n, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 80
	}
	return n
}
