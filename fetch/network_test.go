package fetch

import (
	"context"
	"testing"

	"github.com/corsac-dev/corsac/origin"
)

func TestLocalNetworkAccess(t *testing.T) {
	tests := []struct {
		page PageConfig
		url  string
		want Code
	}{
		{PageConfig{Origin: "https://a.example.com", AddressSpace: origin.SpacePublic}, "http://127.0.0.1:8080/", CodeLocalNetworkAccessPermissionDenied},
		{PageConfig{Origin: "https://a.example.com", AddressSpace: origin.SpacePublic, GrantLoopback: true}, "http://127.0.0.1:8080/", ""},
		{PageConfig{Origin: "https://a.example.com", AddressSpace: origin.SpacePublic, GrantLoopback: true}, "http://192.168.0.1/", CodeLocalNetworkAccessPermissionDenied},
		{PageConfig{Origin: "https://a.example.com", AddressSpace: origin.SpacePublic, GrantLocal: true}, "http://192.168.0.1/", ""},
		{PageConfig{Origin: "http://a.example.com", AddressSpace: origin.SpacePublic, GrantLoopback: true}, "http://127.0.0.1:8080/", CodeInsecureLocalNetwork},
		{PageConfig{Origin: "https://a.example.com", AddressSpace: origin.SpaceLocal}, "http://127.0.0.1:8080/", ""},
		{PageConfig{Origin: "http://localhost:3000"}, "http://192.168.0.1/", ""},
		{PageConfig{Origin: "https://a.example.com"}, "http://127.0.0.1/", ""},
	}
	ok := func(context.Context, *WireRequest) (*WireResponse, error) {
		return answer(200, "Access-Control-Allow-Origin: *"), nil
	}
	for _, tt := range tests {
		o := New(Config{}).Fetch(t.Context(), mustPage(t, tt.page), &Request{URL: tt.url}, ok)
		got := Code("")
		if o.Error != nil {
			got = o.Error.Code
		}
		if got != tt.want || tt.want != "" && len(o.Wire) > 0 {
			t.Errorf("%+v to %s: %q with %d requests, want %q", tt.page, tt.url, got, len(o.Wire), tt.want)
		}
		if o := New(Config{Profile: Firefox}).Fetch(t.Context(), mustPage(t, tt.page), &Request{URL: tt.url, Options: Options{Mode: ModeNoCORS}}, ok); o.Error != nil && o.Error.Reason != ReasonMixedContent {
			t.Errorf("Firefox: %v", o.Error)
		}
	}
}

func TestMixedContent(t *testing.T) {
	page := mustPage(t, PageConfig{Origin: pageOrigin})
	tests := []struct {
		req     Request
		blocked bool
		wire    string
	}{
		{Request{URL: "http://api.example.net/"}, true, ""},
		{Request{URL: "http://localhost:3000/"}, false, "GET http://localhost:3000/"},
		{Request{URL: "http://127.0.0.1/"}, false, "GET http://127.0.0.1/"},
		{Request{URL: "http://192.168.1.1/"}, false, "GET http://192.168.1.1/"},
		{Request{URL: "http://printer.local/"}, false, "GET http://printer.local/"},
		{Request{URL: "http://api.example.net/", Options: Options{TargetAddressSpace: origin.SpaceLocal}}, false, "GET http://api.example.net/"},
		{Request{URL: "http://img.example.net/", Options: Options{Destination: DestinationImage}}, false, "GET https://img.example.net/"},
		{Request{URL: "http://img.example.net/", Options: Options{Destination: DestinationScript}}, true, ""},
	}
	for _, tt := range tests {
		o := New(Config{}).Fetch(t.Context(), page, &tt.req, func(context.Context, *WireRequest) (*WireResponse, error) {
			return answer(200, "Access-Control-Allow-Origin: *"), nil
		})
		blocked := o.Error != nil && o.Error.Reason == ReasonMixedContent
		line := ""
		if len(o.Wire) > 0 {
			line = o.Wire[0].Method + " " + o.Wire[0].URL
		}
		if blocked != tt.blocked || line != tt.wire {
			t.Errorf("%+v: blocked %t, wire %q, want %t, %q", tt.req, blocked, line, tt.blocked, tt.wire)
		}
	}
}
