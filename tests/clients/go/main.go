// The official Go SDK as one application that stays: it logs in, then does what it is told.
//
// argv: endpoint. Prints one JSON object a line: {"authorize": url}, answered by a line with the redirect on
// stdin; {"ready": true} once connected; then for each line `list` or `call` on stdin {"text": "..."} or
// {"error": "..."}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

const redirect = "http://localhost:33336/callback"

var input = bufio.NewScanner(os.Stdin)

func say(message map[string]any) {
	_ = json.NewEncoder(os.Stdout).Encode(message)
}

// fetchCode has somebody else open the page, and reads where they were sent back to.
func fetchCode(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	say(map[string]any{"authorize": args.URL})
	input.Scan()
	back, err := url.Parse(input.Text())
	if err != nil {
		return nil, err
	}
	query := back.Query()
	return &auth.AuthorizationResult{Code: query.Get("code"), State: query.Get("state"), Iss: query.Get("iss")}, nil
}

func connect(endpoint string) (*mcp.ClientSession, error) {
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{
			Metadata: &oauthex.ClientRegistrationMetadata{ClientName: "Go test client", RedirectURIs: []string{redirect}},
		},
		AuthorizationCodeFetcher: fetchCode,
	})
	if err != nil {
		return nil, err
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "go-client", Version: "1"}, nil)
	transport := &mcp.StreamableClientTransport{Endpoint: endpoint, OAuthHandler: handler}
	return client.Connect(context.Background(), transport, nil)
}

func list(session *mcp.ClientSession) (string, error) {
	found, err := session.ListTools(context.Background(), nil)
	if err != nil {
		return "", err
	}
	names := []string{}
	for _, tool := range found.Tools {
		names = append(names, tool.Name)
	}
	return strings.Join(names, "\n"), nil
}

func call(session *mcp.ClientSession) (string, error) {
	result, err := session.CallTool(context.Background(), &mcp.CallToolParams{Name: "whoami"})
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(result.Content)
	return string(text), err
}

func main() {
	session, err := connect(os.Args[1])
	if err != nil {
		say(map[string]any{"error": err.Error()})
		return
	}
	say(map[string]any{"ready": true})
	for input.Scan() {
		act := call
		if input.Text() == "list" {
			act = list
		}
		if text, err := act(session); err != nil {
			say(map[string]any{"error": err.Error()})
		} else {
			say(map[string]any{"text": text})
		}
	}
}
