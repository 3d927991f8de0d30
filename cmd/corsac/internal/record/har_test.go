package record_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/fetch"
)

// readBack writes exchanges as a HAR file and reads it.
func readBack(t *testing.T, exchanges []record.Exchange) *har.Log {
	t.Helper()
	var file bytes.Buffer
	if err := record.WriteHAR(&file, "v1.2.3", exchanges); err != nil {
		t.Fatal(err)
	}
	log, err := har.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// TestHAR checks that a file of recorded exchanges has the same exchanges and
// conversation, with the same verdict.
func TestHAR(t *testing.T) {
	w := world{rand.New(rand.NewPCG(3, 4))}
	found := 0
	for range 2000 {
		exchanges := recordAll(t, w.conversation(t))
		if len(exchanges) == 0 {
			continue
		}
		log := readBack(t, exchanges)
		if len(log.Entries) != len(exchanges) {
			t.Fatalf("%d entries of %d exchanges", len(log.Entries), len(exchanges))
		}
		for i, e := range log.Entries {
			x := exchanges[i]
			if e.Method != x.Method || e.URL != x.URL || e.Status != x.Status || !slices.Equal(e.Headers, x.Headers) || !slices.Equal(e.ResponseHeaders, x.ResponseHeaders) {
				t.Fatalf("%+v is read as %+v", x, e)
			}
		}
		conversations, counts := log.Conversations("")
		if counts.SameOrigin == 1 && len(conversations) == 0 {
			continue
		}
		if len(conversations) != 1 {
			t.Fatalf("%d conversations, %+v, of %+v", len(conversations), counts, exchanges)
		}
		found++
		c := conversations[0]
		page, err := fetch.NewPage(c.Page)
		if err != nil || c.Unknown != "" {
			t.Fatalf("%v, %s", err, c.Unknown)
		}
		for _, p := range []fetch.Profile{fetch.Chromium, fetch.Firefox} {
			want, wantErr := replay(p, recordings(exchanges), c.Recording.AssumePreflights)
			o := fetch.New(fetch.Config{Profile: p}).Replay(page, c.Request, &c.Recording)
			if o.Result != want || (o.Error == nil) != (wantErr == nil) || o.Error != nil && o.Error.Code != wantErr.Code {
				t.Fatalf("%s: %s %v, want %s %v, of %+v", p, o.Result, o.Error, want, wantErr, exchanges)
			}
		}
	}
	if found < 1000 {
		t.Errorf("%d conversations across origins", found)
	}
}

// TestHARComments checks that entries are in the order of their start, and have
// comments where HAR has no member.
func TestHARComments(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	later := record.Exchange{Server: "api", Start: start.Add(time.Second), Wait: time.Second, Gone: true, Panicked: true, Cut: true}
	first := record.Exchange{Server: "gateway", Start: start, Wait: 1500 * time.Microsecond, Hijacked: true}
	whole := record.Exchange{Server: "api", Start: start.Add(time.Minute), Wait: time.Second, Duration: 3 * time.Second, Done: true, ResponseBytes: 7}
	var file bytes.Buffer
	if err := record.WriteHAR(&file, "", []record.Exchange{later, first, whole}); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	for _, want := range []string{
		`"startedDateTime":"2026-01-02T03:04:05.006Z","time":1.5,`,
		`"comment":"seen by gateway; not finished; the connection was hijacked, so the response was not seen"`,
		`"startedDateTime":"2026-01-02T03:04:06.006Z","time":1000,`,
		`"bodySize":-1},"cache":{},`,
		`"comment":"seen by api; not finished; the handler panicked; the client disconnected; truncated"`,
		`"time":3000,`, `"bodySize":7},"cache":{},`, `"wait":1000,"receive":2000,`, `"comment":"seen by api"`,
	} {
		at := strings.Index(text, want)
		if at < 0 {
			t.Fatalf("%s is missing, or in another place:\n%s", want, &file)
		}
		text = text[at:]
	}
}
