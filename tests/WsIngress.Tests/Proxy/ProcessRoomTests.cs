using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WsIngress.Proxy.Listening;
using WsIngress.Proxy.Telemetry;
using Xunit;

namespace WsIngress.Tests.Proxy;

/// <summary>Near the end of descriptors or memory new sockets are refused and open ones live.</summary>
public sealed class ProcessRoomTests : IDisposable
{
    private const long MiB = 1024 * 1024;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wsingress-room-");
    private readonly FakeTimeProvider _time = new();
    private int? _lowest = 10;
    private int? _recent;
    private HeapUse _heap = new(10 * MiB, 1000 * MiB);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void There_is_room_below_both_marks()
    {
        var room = Room("1000", $"{100 * MiB}");
        Charge(89 * MiB);
        _lowest = 935;
        Assert.Null(room.Shortage());
    }

    [Fact]
    public void Descriptors_are_short_when_fewer_than_64_or_a_twentieth_are_left()
    {
        _lowest = 936;
        Assert.Equal("936 file descriptors are in use, the mark is 936", Room("1000", null).Shortage());
        _lowest = 19_000;
        Assert.Equal("19000 file descriptors are in use, the mark is 19000", Room("20000", null).Shortage());
        _lowest = 18_999;
        Assert.Null(Room("20000", null).Shortage());
    }

    [Fact]
    public void Memory_is_short_at_nine_tenths_of_its_limit_and_endless_without_one()
    {
        Charge(90 * MiB);
        Assert.Equal("90 MiB of memory are in use, the mark is 90 MiB", Room("1000", $"{100 * MiB}").Shortage());
        Assert.Null(Room("1000", "max").Shortage());
        Assert.Null(Room("unlimited", null).Shortage());
    }

    [Fact]
    public void It_tells_the_memory_that_the_mark_is_about()
    {
        Charge(90 * MiB);
        var room = Room("1000", $"{100 * MiB}");
        Assert.Equal((90 * MiB, 100 * MiB), (room.MemoryInUse, room.MemoryLimit));
        Assert.Null(Room("1000", "max").MemoryLimit);
    }

    [Fact]
    public void Files_that_the_kernel_can_drop_do_not_count()
    {
        Charge(95 * MiB, inactive: 10 * MiB);
        Assert.Null(Room("1000", $"{100 * MiB}").Shortage());
        Charge(95 * MiB, inactive: 4 * MiB);
        Assert.Equal("91 MiB of memory are in use, the mark is 90 MiB", Room("1000", $"{100 * MiB}").Shortage());
    }

    [Fact]
    public void The_first_version_of_cgroups_is_read_too()
    {
        var memory = _folder.CreateSubdirectory("memory").FullName;
        File.WriteAllText(Path.Combine(memory, "memory.limit_in_bytes"), $"{100 * MiB}\n");
        File.WriteAllText(Path.Combine(memory, "memory.usage_in_bytes"), $"{95 * MiB}\n");
        File.WriteAllText(Path.Combine(memory, "memory.stat"), $"inactive_file {90 * MiB}\ntotal_inactive_file {2 * MiB}\n");
        Assert.Equal("93 MiB of memory are in use, the mark is 90 MiB", Room("1000", null).Shortage());

        File.WriteAllText(Path.Combine(memory, "memory.limit_in_bytes"), "9223372036854771712\n");
        Assert.Null(Room("1000", null).Shortage());
    }

    [Fact]
    public void The_heap_is_short_at_nine_tenths_of_what_the_runtime_allows()
    {
        _heap = new(90 * MiB, 100 * MiB);
        Assert.Equal("the heap has 90 MiB, the mark is 90 MiB", Room("1000", null).Shortage());
        _heap = new(89 * MiB, 100 * MiB);
        Assert.Null(Room("1000", null).Shortage());
        _heap = default;
        Assert.Null(Room("1000", null).Shortage());
    }

    [Fact]
    public void Memory_is_looked_at_ten_times_a_second_at_most_and_room_is_seen_again()
    {
        Charge(95 * MiB);
        var room = Room("1000", $"{100 * MiB}");
        Assert.NotNull(room.Shortage());
        Charge(10 * MiB);
        Assert.NotNull(room.Shortage());
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Null(room.Shortage());
    }

    [Fact]
    public void Descriptors_are_looked_at_each_time_since_a_burst_takes_them_in_no_time()
    {
        var room = Room("1000", null);
        Assert.Null(room.Shortage());
        _lowest = 936;
        Assert.NotNull(room.Shortage());
        _lowest = 935;
        Assert.Null(room.Shortage());
    }

    [Fact]
    public void A_low_number_got_just_now_spares_the_probe_and_a_high_one_does_not()
    {
        var room = Room("1000", null);
        (_recent, _lowest) = (935, 936);
        Assert.Null(room.Shortage());
        _recent = 936;
        Assert.NotNull(room.Shortage());
        _lowest = 10;
        Assert.Null(room.Shortage());
    }

    [Fact]
    public void This_process_has_room() => Assert.Null(ProcessRoom.OfThisProcess(TimeProvider.System, NullLogger.Instance).Shortage());

    [Fact]
    public async Task A_handshake_without_room_is_503_with_Retry_After_and_open_sockets_live()
    {
        var room = Room("1000", null);
        await using var pod = await TestPod.StartAsync();
        await using var proxy = await TestProxy.ToAsync(pod, configure: o => o with { Room = room });
        await using var open = await RawHandshake.OpenAsync(proxy);
        Assert.Equal(101, open.Status);

        _lowest = 999;
        _time.Advance(TimeSpan.FromSeconds(1));
        await using var refused = await RawHandshake.OpenAsync(proxy);

        Assert.Equal(503, refused.Status);
        Assert.NotNull(refused.Headers.Get("Retry-After"));
        await proxy.Telemetry.WaitAsync(t => t.Handshakes.Any(h => h.Refusal == HandshakeRefusal.NoRoom));
        await open.WriteAsync(Frame.OfText("still", masked: true));
        Assert.Equal("still", (await open.ReadFrameAsync())?.Text);
    }

    private ProcessRoom Room(string descriptors, string? memory)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "limits"), $"Limit                     Soft Limit           Hard Limit           Units\nMax open files            {descriptors,-20} 524288               files\n");
        File.Delete(Path.Combine(_folder.FullName, "memory.max"));
        if (memory is not null)
        {
            File.WriteAllText(Path.Combine(_folder.FullName, "memory.max"), memory + "\n");
        }

        return new(_folder.FullName, _folder.FullName, () => _recent, () => _lowest, () => _heap, _time, NullLogger.Instance);
    }

    private void Charge(long bytes, long inactive = 0)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "memory.current"), $"{bytes}\n");
        File.WriteAllText(Path.Combine(_folder.FullName, "memory.stat"), $"anon {bytes - inactive}\nfile {inactive}\ninactive_file_old 1\ninactive_file {inactive}\n");
    }
}
