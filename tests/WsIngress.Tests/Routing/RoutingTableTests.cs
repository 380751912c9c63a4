using WsIngress.Routing;
using Xunit;

namespace WsIngress.Tests.Routing;

public sealed class RoutingTableTests
{
    [Fact]
    public void The_revision_is_not_part_of_the_content()
    {
        Assert.Equal(RoutingTable.Empty.ContentHash, RoutingTable.Empty.WithRevision(7).ContentHash);
    }

    [Fact]
    public void Equal_content_has_one_hash_and_every_part_counts()
    {
        static RoutingTable Table(string path = "/", string address = "10.0.0.1", string? fingerprint = null, bool withDefault = false) => new(
            [Tables.Host("a.example", path)],
            [new Backend { Key = "n/s:80", Namespace = "n", Service = "s", Endpoints = [new Endpoint { Address = address, Port = 80 }] }],
            fingerprint is null ? [] : [new TlsBinding { Host = "a.example", Source = "n/t", CertificatePem = "c", KeyPem = "k", Fingerprint = fingerprint }],
            withDefault ? Tables.Route("/") : null);

        RoutingTable[] tables = [Table(), Table("/a"), Table("= /"), Table(address: "10.0.0.2"), Table(fingerprint: "1"), Table(fingerprint: "2"), Table(withDefault: true)];

        Assert.Equal(Table().ContentHash, Table().ContentHash);
        Assert.Equal(tables.Length, tables.Select(t => t.ContentHash).Distinct().Count());
        Assert.Equal(tables.Length, tables.Select(t => t.ToCanonicalJson()).Distinct().Count());
        Assert.True(Table().HasContentOf(Table()));
        Assert.All(tables, table => Assert.Equal([table], tables.Where(table.HasContentOf)));
    }

    [Fact]
    public void A_host_changed_by_with_does_not_keep_the_hash_of_the_old_one()
    {
        var host = Tables.Host("a.example", "/");
        var before = Tables.Table(host).ContentHash;

        Assert.NotEqual(before, Tables.Table(host with { Routes = [Tables.Route("/b")] }).ContentHash);
        Assert.Equal(before, Tables.Table(host with { Host = "a.example" }).ContentHash);
    }

    [Fact]
    public void The_canonical_form_holds_no_key()
    {
        var table = new RoutingTable([], [], [new TlsBinding { Host = "a", Source = "n/t", CertificatePem = "CERT", KeyPem = "SECRET", Fingerprint = "f" }]);

        Assert.DoesNotContain("SECRET", table.ToCanonicalJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", table.TlsBindings[0].ToString(), StringComparison.Ordinal);
    }
}
