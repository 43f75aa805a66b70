package server

import (
	"net/http"
	"testing"
)

func validate(testing.TB, *http.Request, []byte, reply) {}
