// Judges objects as the admission webhooks of Knative Eventing and Serving do: fills in defaults, then validates.
//
// It reads JSON, an object a line, and prints for each what is wrong with it: an empty line where nothing is. The
// ConfigMaps of Knative among them set the features and defaults for those that follow.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"knative.dev/eventing/pkg/apis/config"
	eventing "knative.dev/eventing/pkg/apis/eventing/v1"
	policies "knative.dev/eventing/pkg/apis/eventing/v1alpha1"
	types "knative.dev/eventing/pkg/apis/eventing/v1beta2"
	"knative.dev/eventing/pkg/apis/feature"
	sources "knative.dev/eventing/pkg/apis/sources/v1"
	"knative.dev/pkg/apis"
	settings "knative.dev/serving/pkg/apis/config"
	serving "knative.dev/serving/pkg/apis/serving/v1"
)

type admitted interface {
	apis.Defaultable
	apis.Validatable
}

var kinds = map[string]func() admitted{
	"eventing.knative.dev/v1/Broker":            func() admitted { return &eventing.Broker{} },
	"eventing.knative.dev/v1/Trigger":           func() admitted { return &eventing.Trigger{} },
	"eventing.knative.dev/v1alpha1/EventPolicy": func() admitted { return &policies.EventPolicy{} },
	"eventing.knative.dev/v1beta2/EventType":    func() admitted { return &types.EventType{} },
	"sources.knative.dev/v1/PingSource":         func() admitted { return &sources.PingSource{} },
	"sources.knative.dev/v1/ApiServerSource":    func() admitted { return &sources.ApiServerSource{} },
	"serving.knative.dev/v1/Service":            func() admitted { return &serving.Service{} },
}

func configured(ctx context.Context, line []byte) (context.Context, error) {
	var given corev1.ConfigMap
	if err := json.Unmarshal(line, &given); err != nil {
		return ctx, err
	}
	switch given.Namespace + "/" + given.Name {
	case "knative-eventing/config-features":
		flags, err := feature.NewFlagsConfigFromConfigMap(&given)
		return feature.ToContext(ctx, flags), err
	case "knative-eventing/config-br-defaults":
		defaults, err := config.NewDefaultsConfigFromConfigMap(&given)
		return config.ToContext(ctx, &config.Config{Defaults: defaults}), err
	case "knative-serving/config-features":
		all := settings.FromContextOrDefaults(ctx)
		features, err := settings.NewFeaturesConfigFromConfigMap(&given)
		all.Features = features
		return settings.ToContext(ctx, all), err
	case "knative-serving/config-defaults":
		all := settings.FromContextOrDefaults(ctx)
		defaults, err := settings.NewDefaultsConfigFromConfigMap(&given)
		all.Defaults = defaults
		return settings.ToContext(ctx, all), err
	}
	return ctx, nil
}

func judge(ctx context.Context, kind string, line []byte) error {
	start, known := kinds[kind]
	if !known {
		return fmt.Errorf("%s: not a kind that is known here", kind)
	}
	object, strict := start(), json.NewDecoder(bytes.NewReader(line))
	strict.DisallowUnknownFields()
	if err := strict.Decode(object); err != nil {
		return err
	}
	object.SetDefaults(ctx)
	if wrong := object.Validate(ctx); wrong != nil {
		return wrong
	}
	return nil
}

func main() {
	ctx, lines := apis.WithinCreate(context.Background()), bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var about struct{ APIVersion, Kind string }
		err := json.Unmarshal(lines.Bytes(), &about)
		switch {
		case err != nil:
		case about.Kind == "ConfigMap":
			ctx, err = configured(ctx, lines.Bytes())
		default:
			err = judge(ctx, about.APIVersion+"/"+about.Kind, lines.Bytes())
		}
		said := ""
		if err != nil {
			said = strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(said)
	}
}
