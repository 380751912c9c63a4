using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;
using HttpMethod = Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpMethod;

namespace WsIngress.Transport.Heads;

/// <summary>
/// What Kestrel's parser found in one head, as places in its bytes: no string is made before it is known that the head is taken. Whatever
/// makes it one that is not clears <see cref="IsPlain"/>.
/// </summary>
internal sealed class HeadLines(int maxHeaders)
{
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private readonly Line[] _lines = new Line[maxHeaders];
    private readonly RecentTexts _recent = new();
    private ReadOnlyMemory<byte> _head;
    private (int Start, int Length) _target;
    private string _method = "";
    private int _host;
    private int _connection;
    private int _upgrade;

    public bool IsPlain { get; private set; }

    public int Count { get; private set; }

    public void Begin(ReadOnlyMemory<byte> head)
    {
        _head = head;
        Count = 0;
        IsPlain = true;
        _host = _connection = _upgrade = -1;
    }

    /// <summary>What the lines ask for, in the way that nearly every client does.</summary>
    public HeadKind Kind
    {
        get
        {
            if (!IsPlain || _host < 0 || !HostHeader.IsValid(ValueOf(_lines[_host])))
            {
                return HeadKind.Other;
            }

            if (_upgrade < 0)
            {
                return _connection < 0 || Ascii.EqualsIgnoreCase(ValueOf(_lines[_connection]), "keep-alive"u8) ? HeadKind.Plain : HeadKind.Other;
            }

            return _method == "GET" && _connection >= 0 && IsConnection(ValueOf(_lines[_connection]), out _) && Ascii.EqualsIgnoreCase(ValueOf(_lines[_upgrade]), "websocket"u8)
                ? HeadKind.Upgrade
                : HeadKind.Other;
        }
    }

    public RequestHead ToHead()
    {
        var lines = new HeadLine[Count];
        for (int i = 0; i < lines.Length; i++)
        {
            ref readonly Line line = ref _lines[i];
            lines[i] = new HeadLine(
                line.Name?.Text ?? Encoding.ASCII.GetString(Bytes(line.Start, line.NameLength)),
                TextOf(line.Name, ValueOf(line)));
        }

        // Kestrel writes the header anew when nothing but the upgrade, or nothing but keep-alive, is asked for.
        if (_connection >= 0)
        {
            bool isUpgrade = IsConnection(ValueOf(_lines[_connection]), out bool keepAlive);
            if (!isUpgrade || !keepAlive)
            {
                lines[_connection] = lines[_connection] with { Value = isUpgrade ? "Upgrade" : "keep-alive" };
            }
        }

        ReadOnlySpan<byte> target = Bytes(_target.Start, _target.Length);
        return new RequestHead
        {
            Method = _method,

            // A query may be a secret, and is seldom the same.
            Target = target.Contains((byte)'?') ? Encoding.ASCII.GetString(target) : _recent.Get(target),
            Host = lines[_host].Value,
            Lines = lines,
        };
    }

    private void AddStartLine(HttpMethod method, HttpVersion version, ReadOnlySpan<byte> target, int start)
    {
        // Absolute, authority and asterisk form are Kestrel's, and so is a path that it may refuse to decode. Its parser takes any byte for the
        // space behind the target "/": to it "GET /xHTTP/1.1" asks for "/".
        _method = method switch { HttpMethod.Get => "GET", HttpMethod.Head => "HEAD", HttpMethod.Options => "OPTIONS", _ => "" };
        IsPlain &= _method.Length > 0 && version == HttpVersion.Http11 && _head.Span[start + target.Length] == ' '
            && target[0] == '/' && !target.ContainsAnyExceptInRange((byte)'!', (byte)'~') && target.IndexOf("%00"u8) < 0;
        _target = (start, target.Length);
    }

    private void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Count == _lines.Length)
        {
            IsPlain = false;
            return;
        }

        ReadOnlySpan<byte> head = _head.Span;
        _ = head.Overlaps(name, out int start);
        _ = head.Overlaps(value, out int valueStart);
        KnownName? known = KnownNames.Find(name);
        switch (known?.Role)
        {
            case null:
                IsPlain &= !name.ContainsAnyExcept(TokenBytes);
                break;
            case HeaderRole.Host:
                SetOnce(ref _host);
                break;
            case HeaderRole.Connection:
                SetOnce(ref _connection);
                break;
            case HeaderRole.Upgrade:
                SetOnce(ref _upgrade);
                break;
            case HeaderRole.Body:
                IsPlain = false;
                break;
        }

        _lines[Count++] = new Line(known, start, name.Length, valueStart, value.Length);
    }

    /// <summary>A second line of the name is no error everywhere, but never plain.</summary>
    private void SetOnce(ref int place)
    {
        IsPlain &= place < 0;
        place = Count;
    }

    /// <summary>
    /// <c>upgrade</c>, alone or with <c>keep-alive</c>, in any order and case. Other options are left to Kestrel, whose reading of this list has its own edges.
    /// </summary>
    private static bool IsConnection(ReadOnlySpan<byte> value, out bool keepAlive)
    {
        bool upgrade = keepAlive = false;
        while (true)
        {
            int comma = value.IndexOf((byte)',');
            ReadOnlySpan<byte> option = (comma < 0 ? value : value[..comma]).Trim((byte)' ');
            if (Ascii.EqualsIgnoreCase(option, "upgrade"u8))
            {
                upgrade = true;
            }
            else if (Ascii.EqualsIgnoreCase(option, "keep-alive"u8))
            {
                keepAlive = true;
            }
            else
            {
                return false;
            }

            if (comma < 0)
            {
                return upgrade;
            }

            value = value[(comma + 1)..];
        }
    }

    private string TextOf(KnownName? name, ReadOnlySpan<byte> value) =>
        name is { IsShared: true } ? _recent.Get(value) : name?.CommonValue(value) ?? Encoding.Latin1.GetString(value);

    private ReadOnlySpan<byte> ValueOf(in Line line) => Bytes(line.ValueStart, line.ValueLength);

    private ReadOnlySpan<byte> Bytes(int start, int length) => _head.Span.Slice(start, length);

    private readonly record struct Line(KnownName? Name, int Start, int NameLength, int ValueStart, int ValueLength);

    /// <summary>What the parser calls; a struct, so that its calls are direct.</summary>
    internal readonly struct Sink(HeadLines lines) : IHttpRequestLineHandler, IHttpHeadersHandler
    {
        public void OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine) =>
            lines.AddStartLine(versionAndMethod.Method, versionAndMethod.Version, startLine[targetPath.Offset..], targetPath.Offset);

        public void OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => lines.Add(name, value);

        public void OnHeadersComplete(bool endStream)
        {
        }

        // Of HTTP/2 and HTTP/3.
        public void OnStaticIndexedHeader(int index) => throw new NotSupportedException();

        public void OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value) => throw new NotSupportedException();
    }
}
