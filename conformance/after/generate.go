package after

import (
	"fmt"
	"math/rand/v2"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// Generate draws cases.
func Generate(seed uint64, n int) []*Case {
	r := rand.New(rand.NewPCG(seed, 13)) //nolint:gosec // the same seed gives the same cases
	families := []func(*rand.Rand, *Case){drawBody, drawType, drawSniffed, drawEmbedder}
	names := []string{"body", "type", "sniffed", "embedder"}
	cases := make([]*Case, n)
	for i := range cases {
		k := i % len(families)
		c := &Case{ID: fmt.Sprintf("%s-%d-%d", names[k], seed, i), Family: names[k]}
		families[k](r, c)
		c.Body = bytestr.Decode(c.Body)
		cases[i] = c
	}
	return cases
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// destinations are those that report how loading ended. A font would need a
// font to succeed.
var destinations = []fetch.Destination{
	fetch.DestinationFetch, fetch.DestinationXHR, fetch.DestinationImage, fetch.DestinationScript, fetch.DestinationModule,
	fetch.DestinationStyle, fetch.DestinationEventSource, fetch.DestinationJSON, fetch.DestinationCSSModule,
	fetch.DestinationTrack, fetch.DestinationAudio, fetch.DestinationWorker, fetch.DestinationSharedWorker, fetch.DestinationServiceWorker,
}

// modeOf draws a mode that a destination can have.
func modeOf(r *rand.Rand, d fetch.Destination) fetch.Mode {
	switch d {
	case fetch.DestinationWorker, fetch.DestinationSharedWorker, fetch.DestinationServiceWorker:
		return fetch.ModeSameOrigin
	case fetch.DestinationFetch, fetch.DestinationImage, fetch.DestinationScript, fetch.DestinationStyle, fetch.DestinationAudio:
		return pick(r, fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin)
	}
	return pick(r, fetch.ModeCORS, fetch.ModeCORS, fetch.ModeSameOrigin)
}

// header adds a header line.
func (c *Case) header(name, value string) { c.Headers = append(c.Headers, [2]string{name, value}) }

// whole adds a length that is right.
func (c *Case) whole() { c.header("Content-Length", fmt.Sprint(len(c.Body))) }

// begin draws destination and mode, and returns the type and body that fit.
func begin(r *rand.Rand, c *Case, among ...fetch.Destination) (typ, body string) {
	c.Destination = pick(r, among...)
	c.Mode = modeOf(r, c.Destination)
	c.header("Access-Control-Allow-Origin", "*")
	c.header("Cache-Control", "no-store")
	return content(c.Destination)
}

// content returns a type and a body that a destination can use.
func content(d fetch.Destination) (typ, body string) {
	switch d {
	case fetch.DestinationImage:
		return "image/gif", "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	case fetch.DestinationScript, fetch.DestinationModule:
		return "text/javascript", "var loaded = 1; // and nothing else at all\n"
	case fetch.DestinationWorker:
		return "text/javascript", "postMessage(1); // and nothing else at all\n"
	case fetch.DestinationSharedWorker:
		return "text/javascript", "onconnect = (e) => e.ports[0].postMessage(1);\n"
	case fetch.DestinationServiceWorker:
		return "text/javascript", "var installed = 1; // and nothing else\n"
	case fetch.DestinationStyle, fetch.DestinationCSSModule:
		return "text/css", "b { color: red } /* and nothing else at all */\n"
	case fetch.DestinationJSON:
		return "application/json", `{"name": "value", "and": "nothing else at all"}`
	case fetch.DestinationTrack:
		return "text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nhello, and nothing else at all\n\n"
	case fetch.DestinationAudio:
		return "audio/wav", silence(800)
	case fetch.DestinationEventSource:
		return "text/event-stream", "retry: 100000\ndata: hello\n\ndata: hello\n\n"
	}
	return "text/plain", "hello, and nothing else at all"
}

// silence returns a WAV file with so many samples.
func silence(n int) string {
	le32 := func(n int) string { return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) }
	samples := make([]byte, n)
	for i := range samples {
		samples[i] = 128
	}
	return "RIFF" + le32(36+n) + "WAVEfmt " + le32(16) + "\x01\x00\x01\x00" + le32(8000) + le32(8000) + "\x01\x00\x08\x00data" + le32(n) + string(samples)
}
