using System.Text.Json.Nodes;
using Xunit;

namespace WsIngress.Tests.ApiServer;

/// <summary>POST, PUT, PATCH, DELETE, the status sub-resource, Leases and Events.</summary>
public abstract partial class ApiServerContract
{
    [Fact]
    public async Task Create_fills_in_what_the_server_owns_and_drops_status()
    {
        var body = Ingress("web");
        body["status"] = Json("""{"loadBalancer":{"ingress":[{"ip":"10.50.0.9"}]}}""");

        var made = await CreateAsync(Ingresses, body);

        var metadata = made.Json["metadata"]!;
        Assert.Equal((Ns, 1), ((string)metadata["namespace"]!, (int)metadata["generation"]!));
        Assert.True(Guid.TryParse((string)metadata["uid"]!, out _));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", (string)metadata["creationTimestamp"]!);
        Assert.Equal("""{"loadBalancer":{}}""", made.Json["status"]!.ToJsonString());
    }

    [Fact]
    public async Task Create_of_a_name_that_exists_is_409_and_a_name_can_be_generated()
    {
        await CreateAsync(Ingresses, Ingress("web"));
        var again = await Client.SendAsync("POST", Ingresses, Ingress("web"));
        var unnamed = Ingress("x");
        unnamed["metadata"] = Json("""{"generateName":"gen-"}""");

        AssertStatus(again, 409, "AlreadyExists", "ingresses.networking.k8s.io \"web\" already exists");
        Assert.Matches("^gen-.{5}$", (string)(await CreateAsync(Ingresses, unnamed)).Json["metadata"]!["name"]!);
    }

    [Fact]
    public async Task A_dry_run_stores_nothing()
    {
        var dry = await CreateAsync($"{Ingresses}?dryRun=All", Ingress("dry"));

        Assert.False(dry.Json["metadata"]!.AsObject().ContainsKey("resourceVersion"));
        Assert.Equal(404, (await Client.GetAsync($"{Ingresses}/dry")).Status);
    }

    [Fact]
    public async Task Put_moves_version_and_generation_unless_nothing_changes()
    {
        var body = (await CreateAsync(Ingresses, Ingress("web"))).Json.AsObject();
        var stale = body.DeepClone();

        body["spec"]!["rules"]![0]!["host"] = "b.example.com";
        var changed = await Client.SendAsync("PUT", $"{Ingresses}/web", body);
        var conflict = await Client.SendAsync("PUT", $"{Ingresses}/web", stale);
        var next = changed.Json.AsObject();
        next["metadata"]!.AsObject().Remove("resourceVersion");
        next["metadata"]!["labels"] = new JsonObject { ["a"] = "b" };
        var labelled = await Client.SendAsync("PUT", $"{Ingresses}/web", next);
        next["status"] = Json("""{"loadBalancer":{"ingress":[{"ip":"10.50.0.9"}]}}""");
        next["metadata"]!["generation"] = 77;
        var same = await Client.SendAsync("PUT", $"{Ingresses}/web", next);

        Assert.Equal(2, (int)changed.Json["metadata"]!["generation"]!);
        AssertStatus(conflict, 409, "Conflict", "Operation cannot be fulfilled on ingresses.networking.k8s.io \"web\": the object has been modified; please apply your changes to the latest version and try again");
        Assert.Equal(2, (int)labelled.Json["metadata"]!["generation"]!);
        Assert.NotEqual(changed.Version, labelled.Version);
        Assert.Equal((labelled.Version, """{"loadBalancer":{}}"""), (same.Version, same.Json["status"]!.ToJsonString()));
        AssertStatus(await Client.SendAsync("PUT", $"{Ingresses}/absent", Ingress("absent")), 404, "NotFound", "\"absent\" not found");
    }

    [Fact]
    public async Task Patches_merge_and_follow_pointers_and_refuse_other_media_types()
    {
        var first = await CreateAsync(Ingresses, Ingress("web", label: "x"));
        var path = $"{Ingresses}/web";

        var merged = await MergeAsync(path, """{"metadata":{"labels":{"tier":null,"c":"d"}}}""");
        var strategic = await Client.SendAsync("PATCH", path, """{"spec":{"rules":[{"host":"z.example.com"}]}}""", "application/strategic-merge-patch+json");
        var pointed = await Client.SendAsync("PATCH", path, """[{"op":"test","path":"/metadata/labels/c","value":"d"},{"op":"add","path":"/metadata/annotations","value":{"n":"1"}}]""", "application/json-patch+json");
        var failed = await Client.SendAsync("PATCH", path, """[{"op":"test","path":"/metadata/labels/c","value":"no"}]""", "application/json-patch+json");

        Assert.Equal("""{"c":"d"}""", merged.Json["metadata"]!["labels"]!.ToJsonString());
        Assert.Equal("""[{"host":"z.example.com"}]""", strategic.Json["spec"]!["rules"]!.ToJsonString());
        Assert.Equal("1", (string)pointed.Json["metadata"]!["annotations"]!["n"]!);
        AssertStatus(failed, 422, "Invalid", "the server rejected our request due to an error in our request");
        AssertStatus(await Client.SendAsync("PATCH", path, "{}"), 415, "UnsupportedMediaType", "415: Unsupported Media Type");
        AssertStatus(await MergeAsync(path, $$$$"""{"metadata":{"resourceVersion":"{{{{first.Version}}}}","labels":{"x":"y"}}}"""), 409, "Conflict", "the object has been modified");
    }

    [Fact]
    public async Task Status_is_written_by_its_own_path_which_takes_labels_but_no_spec()
    {
        var made = await CreateAsync(Ingresses, Ingress("web"));
        var path = $"{Ingresses}/web/status";
        const string patch = """{"spec":{"rules":[]},"metadata":{"labels":{"via":"status"}},"status":{"loadBalancer":{"ingress":[{"ip":"10.50.0.100"}]}}}""";

        var written = await MergeAsync(path, patch);
        var again = await MergeAsync(path, patch);
        var put = again.Json.AsObject();
        put["spec"]!["rules"]![0]!["host"] = "ignored.example.com";
        put["status"]!["loadBalancer"]!["ingress"]![0]!["ip"] = "10.50.0.101";
        var replaced = await Client.SendAsync("PUT", path, put);

        Assert.Equal("10.50.0.100", (string)written.Json["status"]!["loadBalancer"]!["ingress"]![0]!["ip"]!);
        Assert.Equal(("status", 1), ((string)written.Json["metadata"]!["labels"]!["via"]!, (int)written.Json["metadata"]!["generation"]!));
        Assert.Equal(made.Json["spec"]!.ToJsonString(), replaced.Json["spec"]!.ToJsonString());
        Assert.Equal(written.Version, again.Version);
        Assert.Equal("10.50.0.101", (string)replaced.Json["status"]!["loadBalancer"]!["ingress"]![0]!["ip"]!);
        AssertStatus(await MergeAsync(path, """{"status":{"loadBalancer":{"ingress":[{"ip":"not-an-ip"}]}}}"""), 422, "Invalid", "status.loadBalancer.ingress[0].ip: Invalid value: \"not-an-ip\"");
        AssertStatus(await MergeAsync($"{Ingresses}/absent/status", patch), 404, "NotFound", "\"absent\" not found");
        Assert.Equal(replaced.Text, (await Client.GetAsync(path)).Text);
    }

    [Fact]
    public async Task Delete_answers_a_status_and_keeps_its_preconditions()
    {
        var made = await CreateAsync(Ingresses, Ingress("web"));
        await MergeAsync($"{Ingresses}/web", """{"metadata":{"labels":{"a":"b"}}}""");

        var other = await Client.SendAsync("DELETE", $"{Ingresses}/web", """{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"00000000-0000-0000-0000-000000000000"}}""");
        var stale = await Client.SendAsync("DELETE", $"{Ingresses}/web", $$$"""{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"resourceVersion":"{{{made.Version}}}"}}""");
        var gone = await Client.SendAsync("DELETE", $"{Ingresses}/web");

        AssertStatus(other, 409, "Conflict", "the UID in the precondition (00000000-0000-0000-0000-000000000000) does not match the UID in record");
        AssertStatus(stale, 409, "Conflict", $"the ResourceVersion in the precondition ({made.Version}) does not match");
        Assert.Equal((200, "Status", "Success"), (gone.Status, (string)gone.Json["kind"]!, (string)gone.Json["status"]!));
        Assert.Equal((string)made.Json["metadata"]!["uid"]!, (string)gone.Json["details"]!["uid"]!);
        AssertStatus(await Client.SendAsync("DELETE", $"{Ingresses}/web"), 404, "NotFound", "\"web\" not found");
    }

    [Fact]
    public async Task A_lease_goes_to_whoever_knows_its_version()
    {
        var a = (await CreateAsync(Leases, Lease("leader", "a"))).Json.AsObject();
        var b = a.DeepClone();
        a["spec"]!["renewTime"] = "2026-11-23T01:35:57.926500Z";
        b["spec"]!["holderIdentity"] = "b";

        var renewed = await Client.SendAsync("PUT", $"{Leases}/leader", a);
        var late = await Client.SendAsync("PUT", $"{Leases}/leader", b);

        Assert.Equal(200, renewed.Status);
        AssertStatus(late, 409, "Conflict", "Operation cannot be fulfilled on leases.coordination.k8s.io \"leader\"");
        AssertStatus(await Client.SendAsync("POST", Leases, Lease("leader", "b")), 409, "AlreadyExists", "leases.coordination.k8s.io \"leader\" already exists");
        AssertStatus(await Client.SendAsync("PUT", $"{Leases}/leader", Lease("leader", "b")), 422, "Invalid", "metadata.resourceVersion: Invalid value: 0: must be specified for an update");
        Assert.Equal(201, (await Client.SendAsync("PUT", $"{Leases}/made-by-put", Lease("made-by-put", "a"))).Status);
    }

    [Theory]
    [InlineData("2026-11-23T01:35:57Z", "cannot parse \"Z\" as \".000000\"")]
    [InlineData("2026-11-23T01:35:57.916Z", "cannot parse \".916Z\" as \".000000\"")]
    [InlineData("2026-11-23T01:35:57.9773480Z", "cannot parse \"0Z\" as \"Z07:00\"")]
    public async Task Times_of_leases_and_events_have_six_digits(string time, string message)
    {
        var lease = Lease("t", "a");
        lease["spec"]!["renewTime"] = time;
        var about = Event("e");
        about["eventTime"] = time;

        AssertStatus(await Client.SendAsync("POST", Leases, lease), 400, "BadRequest", $"Lease in version \"v1\" cannot be handled as a Lease: parsing time \"{time}\" as \"2006-01-02T15:04:05.000000Z07:00\": {message}");
        AssertStatus(await Client.SendAsync("POST", Events, about), 400, "BadRequest", message);
    }

    [Fact]
    public async Task A_time_with_an_offset_is_answered_with_Z_and_a_duration_is_above_0()
    {
        var lease = Lease("t", "a");
        lease["spec"]!["renewTime"] = "2026-11-23T03:35:57.978974+02:00";
        var never = Lease("n", "a");
        never["spec"]!["leaseDurationSeconds"] = 0;

        Assert.Equal("2026-11-23T01:35:57.978974Z", (string)(await CreateAsync(Leases, lease)).Json["spec"]!["renewTime"]!);
        AssertStatus(await Client.SendAsync("POST", Leases, never), 422, "Invalid", "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0");
    }

    [Fact]
    public async Task An_event_needs_its_time_its_words_and_a_short_note()
    {
        await CreateAsync(Events, Event("web.1"));
        var timeless = Event("web.2");
        timeless.Remove("eventTime");
        var nameless = Event("web.3");
        nameless.Remove("reportingInstance");
        var longWinded = Event("web.4");
        longWinded["note"] = new string('x', 1025);
        var clusterWide = Event("web.5");
        clusterWide["regarding"]!.AsObject().Remove("namespace");

        AssertStatus(await Client.SendAsync("POST", Events, timeless), 422, "Invalid", "Event \"web.2\" is invalid: eventTime: Required value");
        AssertStatus(await Client.SendAsync("POST", Events, nameless), 422, "Invalid", "reportingInstance: Required value");
        AssertStatus(await Client.SendAsync("POST", Events, longWinded), 422, "Invalid", "can have at most 1024 characters");
        AssertStatus(await Client.SendAsync("POST", Events, clusterWide), 422, "Invalid", "involvedObject.namespace: Invalid value: \"\": does not match event.namespace");
    }

    [Fact]
    public async Task A_body_that_is_no_such_object_is_refused()
    {
        var elsewhere = Ingress("x");
        elsewhere["metadata"]!["namespace"] = "default";
        var untyped = Ingress("x");
        untyped["spec"]!["rules"]![0]!["http"]!["paths"]![0]!.AsObject().Remove("pathType");

        AssertStatus(await Client.SendAsync("POST", Ingresses, "{\"apiVersion\":"), 400, "BadRequest", "couldn't get version/kind; json parse error");
        AssertStatus(await Client.SendAsync("POST", Ingresses, elsewhere), 400, "BadRequest", "the namespace of the provided object does not match the namespace sent on the request");
        AssertStatus(await Client.SendAsync("POST", Ingresses, Lease("x", "a")), 400, "BadRequest", "");
        AssertStatus(await Client.SendAsync("POST", Ingresses, Ingress("x"), "text/plain"), 415, "UnsupportedMediaType", "the body of the request was in an unknown format");
        AssertStatus(await Client.SendAsync("POST", Ingresses, untyped), 422, "Invalid", "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified");
    }

    [Fact]
    public async Task An_ingress_class_lives_outside_namespaces()
    {
        var name = $"{Ns}-class";
        _cleanUp.Add($"{Classes}/{name}");

        var made = await CreateAsync(Classes, Json($$$"""{"kind":"IngressClass","apiVersion":"networking.k8s.io/v1","metadata":{"name":"{{{name}}}"},"spec":{"controller":"example.com/wire"}}"""));

        Assert.False(made.Json["metadata"]!.AsObject().ContainsKey("namespace"));
        Assert.Equal(1, (int)made.Json["metadata"]!["generation"]!);
        Assert.Equal(made.Text, (await Client.GetAsync($"{Classes}/{name}")).Text);
    }

    private static JsonObject Lease(string name, string holder) => Json($$$"""
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"{{{name}}}"},"spec":{"holderIdentity":"{{{holder}}}","leaseDurationSeconds":15,
         "acquireTime":"2026-11-23T01:35:57.916050Z","renewTime":"2026-11-23T01:35:57.916108Z","leaseTransitions":0}}
        """);

    private JsonObject Event(string name) => Json($$$"""
        {"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"{{{name}}}"},"eventTime":"2026-11-23T01:35:58.297514Z",
         "reportingController":"example.com/ingress","reportingInstance":"controller-0","action":"Sync","reason":"Synced","note":"Routes are in place","type":"Normal",
         "regarding":{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","namespace":"{{{Ns}}}","name":"web"}}
        """);
}
