using System.Collections.Concurrent;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Cluster;
using WsIngress.Sources;
using WsIngress.Tests.Hosting;
using WsIngress.Tests.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Cluster;

/// <summary>What is told of a Secret by list, watch and by name, in every order in which it can come.</summary>
public sealed class SecretSourceTests : IAsyncLifetime
{
    private static readonly ReflectorTarget Everywhere = new(ObjectKind.Secret);
    private static readonly ObjectKey Key = new("default", "tls");

    private readonly CancellationTokenSource _stop = new();
    private readonly ReferencedSecrets _referenced = new(TranslationOptions.Default with { IngressClassByName = true }, [ObjectKind.Ingress]);
    private readonly ConcurrentQueue<TaskCompletionSource<ObjectList>> _questions = [];
    private readonly FakeTimeProvider _time = new();
    private readonly Deliveries _deliveries = new();
    private ScriptedApiServer _server = null!;
    private WsIngress.Cluster.ApiServer _client = null!;
    private KindSource _all = null!;
    private SecretSource _source = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        // The test itself is the Reflector; the real one gets no answer.
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server = await ScriptedApiServer.StartAsync((_, stop) =>
        {
            begun.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        _client = new(new ClusterConfiguration(new GivenFiles(_server.Address), TimeProvider.System, NullLogger.Instance), TimeProvider.System);
        var reflector = new Reflector(Everywhere, _client, ReflectorOptions.Default, new("secrets"), TimeProvider.System, new(1), NullLogger.Instance);
        _all = new(ObjectKindInfo.Of(ObjectKind.Secret), "test", [(Everywhere, reflector)]);
        _source = new(_all, [Everywhere], _referenced, AskAsync, _time);
        _running = _source.RunAsync(_deliveries, _stop.Token);
        _referenced.Listed(ObjectKind.Ingress);
        await begun.Task;
        _source.Listing(Everywhere);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _source.Dispose();
        _all.Dispose();
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_Secret_that_is_referenced_after_it_came_by_is_asked_for_by_name()
    {
        await ListAsync(10);
        Reference();
        (await QuestionAsync()).SetResult(Answer(20, "15"));

        await Eventually.True(() => _deliveries.Held(Key) == "15");
    }

    [Fact]
    public async Task Whoever_needs_a_Secret_that_nothing_is_known_of_waits_until_it_is_delivered()
    {
        await ListAsync(5);
        var named = Reference();
        var waiting = _referenced.Fetch(named.Added, TestContext.Current.CancellationToken);
        var question = await QuestionAsync();
        Assert.False(waiting.IsCompleted);
        question.SetResult(Answer(7, "6"));
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal("6", _deliveries.Held(Key));
        await _referenced.Fetch([Key], TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Whoever_needs_a_Secret_waits_for_a_server_in_trouble_for_a_bounded_time()
    {
        await ListAsync(5);
        var waiting = _referenced.Fetch(Reference().Added, TestContext.Current.CancellationToken);
        await QuestionAsync();
        await Eventually.True(() =>
        {
            _time.Advance(SecretSource.Patience);
            return waiting.IsCompleted;
        });
        await waiting;
        Assert.Null(_deliveries.Held(Key));
    }

    [Fact]
    public async Task A_Secret_that_is_named_no_longer_is_held_until_what_named_it_is_delivered()
    {
        await ListAsync(5, "5");
        Reference();
        await AnsweredAsync(Answer(6, "5"), held: "5");
        var named = _referenced.See([StoreEvent.Delete(ObjectKind.Ingress, new("default", "shop"))]);
        Assert.Equal([Key], named.Gone);
        await EventAsync("7");
        Assert.Equal("7", _deliveries.Held(Key));

        _referenced.LetGo(named);
        await Eventually.True(() => _deliveries.Held(Key) is null);
    }

    /// <summary>Two kinds deliver at once: the other's change counts all anew and arrives first.</summary>
    [Fact]
    public void A_Secret_goes_with_the_change_that_named_it_last_and_with_no_other()
    {
        Reference();
        var naming = _referenced.See([StoreEvent.Delete(ObjectKind.Ingress, new("default", "shop"))]);
        var other = _referenced.See([StoreEvent.Replace(ObjectKind.Service, [])]);
        _referenced.LetGo(other);
        Assert.True(_referenced.Contains(Key));

        _referenced.LetGo(naming);
        Assert.False(_referenced.Contains(Key));
    }

    [Fact]
    public void A_Secret_whose_last_change_was_not_delivered_goes_with_the_next()
    {
        Reference();
        _referenced.Orphan(_referenced.See([StoreEvent.Delete(ObjectKind.Ingress, new("default", "shop"))]));
        Assert.True(_referenced.Contains(Key));

        _referenced.LetGo(_referenced.See([StoreEvent.Replace(ObjectKind.Ingress, [])]));
        Assert.False(_referenced.Contains(Key));
    }

    [Fact]
    public async Task An_answer_that_is_older_than_an_event_changes_nothing()
    {
        await ListAsync(10);
        Reference();
        var question = await QuestionAsync();
        await EventAsync("30");
        question.SetResult(Answer(20, "15"));

        await Eventually.True(() => _source.Loading == 0);
        Assert.Equal("30", _deliveries.Held(Key));
    }

    [Fact]
    public async Task An_answer_of_absence_that_is_older_than_an_event_changes_nothing()
    {
        await ListAsync(10);
        Reference();
        var question = await QuestionAsync();
        await EventAsync("30");
        question.SetResult(Answer(20, null));

        await Eventually.True(() => _source.Loading == 0);
        Assert.Equal("30", _deliveries.Held(Key));
    }

    [Fact]
    public async Task Events_that_are_older_than_an_answer_change_nothing_and_later_ones_do()
    {
        await ListAsync(10);
        Reference();
        (await QuestionAsync()).SetResult(Answer(20, "18"));
        await Eventually.True(() => _deliveries.Held(Key) == "18");

        await EventAsync("12");
        Assert.Equal("18", _deliveries.Held(Key));
        await EventAsync("14", WatchChange.Delete);
        Assert.Equal("18", _deliveries.Held(Key));
        await EventAsync("25");
        Assert.Equal("25", _deliveries.Held(Key));
        await EventAsync("26", WatchChange.Delete);
        Assert.Null(_deliveries.Held(Key));
    }

    [Fact]
    public async Task A_list_that_is_older_than_an_answer_leaves_it()
    {
        await ListAsync(10);
        Reference();
        (await QuestionAsync()).SetResult(Answer(20, "18"));
        await Eventually.True(() => _deliveries.Held(Key) == "18");

        await ListAsync(15, "12");
        Assert.Equal("18", _deliveries.Held(Key));
        await ListAsync(30, "28");
        Assert.Equal("28", _deliveries.Held(Key));
    }

    [Fact]
    public async Task An_answer_that_is_older_than_a_list_changes_nothing()
    {
        await ListAsync(10);
        Reference();
        var question = await QuestionAsync();
        await ListAsync(30, "28");
        question.SetResult(Answer(20, "15"));

        await Eventually.True(() => _source.Loading == 0);
        Assert.Equal("28", _deliveries.Held(Key));
    }

    [Fact]
    public async Task After_a_restore_an_answer_from_before_it_is_asked_for_again()
    {
        await ListAsync(100);
        Reference();
        var question = await QuestionAsync();
        _source.Listing(Everywhere);
        await _source.ListedAsync(Everywhere, new([], "50"), isRestored: true, TestContext.Current.CancellationToken);
        question.SetResult(Answer(110, "105"));

        (await QuestionAsync()).SetResult(Answer(52, "40"));
        await Eventually.True(() => _deliveries.Held(Key) == "40");
    }

    [Fact]
    public async Task A_reference_that_came_while_the_list_was_read_is_asked_for()
    {
        _source.Listing(Everywhere);
        Reference();
        await _source.ListedAsync(Everywhere, new([], "10"), isRestored: false, TestContext.Current.CancellationToken);

        (await QuestionAsync()).SetResult(Answer(20, "15"));
        await Eventually.True(() => _deliveries.Held(Key) == "15");
    }

    [Fact]
    public async Task What_was_passed_over_while_nobody_referenced_a_held_Secret_is_asked_for_when_somebody_does_again()
    {
        Reference();
        await ListAsync(10, "5");
        Assert.Equal("5", _deliveries.Held(Key));

        // The watch's event of version 15 comes in between and is not even read; the review sees only what was before and is after.
        await BetweenReviewsAsync(() =>
        {
            Unreference();
            Reference();
        });

        await AnsweredAsync(Answer(20, "15"), "15");
    }

    [Fact]
    public async Task An_answer_to_a_question_from_before_a_reference_went_and_came_back_is_asked_for_again()
    {
        await ListAsync(10);
        Reference();
        var question = await QuestionAsync();
        await BetweenReviewsAsync(() =>
        {
            Unreference();
            Reference();
        });
        question.SetResult(Answer(12, "5"));

        (await QuestionAsync()).SetResult(Answer(20, "15"));
        await Eventually.True(() => _source.Loading == 0);
        Assert.Equal("15", _deliveries.Held(Key));
    }

    [Fact]
    public async Task A_list_that_passed_over_a_Secret_which_is_being_asked_for_has_it_asked_for_again()
    {
        await ListAsync(10);
        Reference();
        var question = await QuestionAsync();
        Unreference();
        _source.Listing(Everywhere);
        Reference();
        await _source.ListedAsync(Everywhere, new([], "20"), isRestored: false, TestContext.Current.CancellationToken);
        question.SetResult(Answer(12, "5"));

        (await QuestionAsync()).SetResult(Answer(25, "15"));
        await Eventually.True(() => _deliveries.Held(Key) == "15");
    }

    [Fact]
    public async Task What_nobody_references_any_more_is_let_go()
    {
        Reference();
        await ListAsync(10, "5");
        Assert.Equal("5", _deliveries.Held(Key));

        Unreference();

        await Eventually.True(() => _deliveries.Held(Key) is null);
    }

    [Fact]
    public async Task Without_the_right_it_is_complete_as_long_as_nothing_is_referenced()
    {
        await _source.TroubledAsync(Everywhere, new(403, "no right"), TestContext.Current.CancellationToken);

        Assert.True(_deliveries.Synced);
    }

    [Fact]
    public async Task Without_the_right_it_waits_when_something_is_referenced_and_says_so()
    {
        Reference();
        await _source.TroubledAsync(Everywhere, new(403, "no right"), TestContext.Current.CancellationToken);

        Assert.False(_deliveries.Synced);
        Assert.Equal("no right; it is needed for 1 Secrets such as default/tls", _source.Trouble);
    }

    [Fact]
    public async Task Another_failure_makes_nothing_complete()
    {
        await _source.TroubledAsync(Everywhere, new(500, "broken"), TestContext.Current.CancellationToken);

        Assert.False(_deliveries.Synced);
    }

    private Task<ObjectList> AskAsync(ObjectKey key, CancellationToken cancellation)
    {
        var question = new TaskCompletionSource<ObjectList>(TaskCreationOptions.RunContinuationsAsynchronously);
        _questions.Enqueue(question);
        return question.Task.WaitAsync(cancellation);
    }

    private async Task<TaskCompletionSource<ObjectList>> QuestionAsync()
    {
        TaskCompletionSource<ObjectList>? question = null;
        await Eventually.True(() => _questions.TryDequeue(out question));
        return question!;
    }

    private NamedSecrets Reference()
    {
        var ingress = TestController.Ingress("shop");
        ingress.Spec.Tls = [new() { SecretName = Key.Name }];
        return _referenced.See([StoreEvent.Upsert(ingress)]);
    }

    /// <summary>References change while the source is busy, so that its next review sees only what came of it.</summary>
    private async Task BetweenReviewsAsync(Action change)
    {
        var (busy, go) = _deliveries.Hold();
        var telling = _source.TroubledAsync(Everywhere, new(500, "something else to do"), TestContext.Current.CancellationToken).AsTask();
        await busy;
        change();
        go();
        await telling;
    }

    /// <summary>Whoever asks gets this answer, until it is what is held: one reference may be asked for more than once.</summary>
    private Task AnsweredAsync(ObjectList answer, string held) => Eventually.True(() =>
    {
        while (_questions.TryDequeue(out var question))
        {
            question.SetResult(answer);
        }

        return _deliveries.Held(Key) == held;
    });

    private void Unreference() => _referenced.LetGo(_referenced.See([StoreEvent.Delete(ObjectKind.Ingress, new("default", "shop"))]));

    private async Task ListAsync(int version, string? secret = null)
    {
        _source.Listing(Everywhere);
        await _source.ListedAsync(Everywhere, Answer(version, secret), isRestored: false, TestContext.Current.CancellationToken);
    }

    private async Task EventAsync(string version, WatchChange change = WatchChange.Upsert) =>
        await _source.ChangedAsync(Everywhere, [new(change, Secret(version))], version, TestContext.Current.CancellationToken);

    private static ObjectList Answer(int version, string? secret) => new(secret is null ? [] : [Secret(secret)], version.ToString());

    private static DecodedObject Secret(string version) =>
        new(Key, version, new V1Secret { ApiVersion = "v1", Kind = "Secret", Metadata = new() { Name = Key.Name, NamespaceProperty = Key.Namespace, ResourceVersion = version, Uid = "1" } }, null);
}
