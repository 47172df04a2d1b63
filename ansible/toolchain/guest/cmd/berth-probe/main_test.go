package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestServe(t *testing.T) {
	for address, want := range map[string]struct {
		status int
		text   string
	}{
		"/":                 {http.StatusOK, "hello from pod-1"},
		"/anything":         {http.StatusOK, "hello from pod-1"},
		"/busy?seconds=1":   {http.StatusOK, "pod-1 was busy"},
		"/busy":             {http.StatusBadRequest, "from 1 to 600"},
		"/busy?seconds=0":   {http.StatusBadRequest, "from 1 to 600"},
		"/busy?seconds=601": {http.StatusBadRequest, "from 1 to 600"},
	} {
		answer := httptest.NewRecorder()
		handler("pod-1").ServeHTTP(answer, httptest.NewRequest(http.MethodGet, address, nil))
		if answer.Code != want.status || !strings.Contains(answer.Body.String(), want.text) {
			t.Errorf("%s: %d %q", address, answer.Code, answer.Body)
		}
	}
}

func TestBusyEndsWithTheRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	began := time.Now()
	busy(ctx, time.Minute)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it was busy for %s", took)
	}
}
