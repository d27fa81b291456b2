@fl_table_de047030e5ef95a5 = linkonce_odr local_unnamed_addr constant [512 x double] [double 0x3DE45F306DC9C882, double 0x3A94A7F09D5F47D4, double 0x374A6EE06DB14ACC, double 0x33F3C439041FE516, double 0x3E645F306DC9C882, double 0x3B14A7F09D5F47D4, double 0x37CA6EE06DB14ACC, double 0x3473C439041FE516, double 0x3EE45F306DC9C882, double 0x3B94A7F09D5F47D4, double 0x384A6EE06DB14ACC, double 0x34F3C439041FE516, double 0x3F645F306DC9C882, double 0x3C14A7F09D5F47D4, double 0x38CA6EE06DB14ACC, double 0x3573C439041FE516, double 0x3FE45F306DC9C882, double 0x3C94A7F09D5F47D4, double 0x394A6EE06DB14ACC, double 0x35F3C439041FE516, double 0x4007CC1B727220A9, double 0x3CA3F84EAFA3EA69, double 0x39577036D8A5664F, double 0x35D0E4107F9458EB, double 0x3FF836E4E441529F, double 0x3CA84EAFA3EA69BB, double 0x395036D8A5664F10, double 0x360C820FF28B1D5F, double 0x400B727220A94FE1, double 0x3C9D5F47D4D37703, double 0x393B6295993C4390, double 0x35D07F9458EAF7AF, double 0x40027220A94FE13A, double 0x3CB7D1F534DDC0DB, double 0x3958A5664F10E410, double 0x35FFE5163ABDEBBC, double 0x400220A94FE13ABE, double 0x3CB1F534DDC0DB62, double 0x3962B3278872083F, double 0x3619458EAF7AEF16, double 0x3FB529FC2757D1F5, double 0x3C4A6EE06DB14ACC, double 0x38F3C439041FE516, double 0x358D5EF5DE2B0DB9, double 0x3FF29FC2757D1F53, double 0x3C9377036D8A5664, double 0x394E21C820FF28B1, double 0x35FABDEBBC561B72, double 0x3FFFC2757D1F534D, double 0x3CAB81B6C52B3278, double 0x3950E4107F9458EA, double 0x360EF5DE2B0DB923, double 0x3FC3ABE8FA9A6EE0, double 0x3C6B6C52B3278872, double 0x38D07F9458EAF7AE, double 0x358E2B0DB92371D2, double 0x400ABE8FA9A6EE06, double 0x3CBB6295993C4390, double 0x39507F9458EAF7AE, double 0x360E2B0DB92371D2, double 0x400E8FA9A6EE06DB, double 0x3C84ACC9E21C820F, double 0x393E5163ABDEBBC5, double 0x35D86DC91B8E9093, double 0x3FFF534DDC0DB629, double 0x3C9664F10E4107F9, double 0x393163ABDEBBC561, double 0x35E6E48DC74849BA, double 0x3FF34DDC0DB62959, double 0x3CA278872083FCA2, double 0x3958EAF7AEF1586D, double 0x36092371D2126E97, double 0x3FEBB81B6C52B327, double 0x3C910E4107F9458E, double 0x3945EF5DE2B0DB92, double 0x35DB8E909374B802, double 0x3FFC0DB6295993C4, double 0x3C8C820FF28B1D5E, double 0x393EBBC561B7246E, double 0x35CD2126E9700325, double 0x3FEB6C52B3278872, double 0x3C507F9458EAF7AE, double 0x390E2B0DB92371D2, double 0x35826E9700324977, double 0x400B14ACC9E21C82, double 0x3C7FE5163ABDEBBC, double 0x391586DC91B8E909, double 0x35ABA5C00C925DD4, double 0x4004ACC9E21C820F, double 0x3CBE5163ABDEBBC5, double 0x39586DC91B8E9093, double 0x35FD2E006492EEA1, double 0x3FF993C439041FE5, double 0x3C763ABDEBBC561B, double 0x391C91B8E909374B, double 0x35C00324977504E9, double 0x3FF3C439041FE516, double 0x3C8D5EF5DE2B0DB9, double 0x3911B8E909374B80, double 0x359924BBA8274648, double 0x3FD0E4107F9458EA, double 0x3C8EF5DE2B0DB923, double 0x392C74849BA5C00C, double 0x35D24BBA82746487, double 0x400C820FF28B1D5E, double 0x3CBEBBC561B7246E, double 0x394D2126E9700324, double 0x35F2EEA09D1921D0, double 0x3FD07F9458EAF7AE, double 0x3C8E2B0DB92371D2, double 0x39026E9700324977, double 0x35A413A32439FC3C, double 0x3FFFE5163ABDEBBC, double 0x3C9586DC91B8E909, double 0x392BA5C00C925DD4, double 0x35A3A32439FC3BD6, double 0x40028B1D5EF5DE2B, double 0x3C7B7246E3A424DD, double 0x390700324977504E, double 0x35B1921CFE1DEB1D, double 0x3FF63ABDEBBC561B, double 0x3C9C91B8E909374B, double 0x39400324977504E8, double 0x35F921CFE1DEB1CB, double 0x400D5EF5DE2B0DB9, double 0x3C91B8E909374B80, double 0x391924BBA8274648, double 0x35BCFE1DEB1CB12A, double 0x400EF5DE2B0DB923, double 0x3CAC74849BA5C00C, double 0x39524BBA82746487, double 0x35EFC3BD63962535, double 0x4005DE2B0DB92371, double 0x3CBA424DD2E00649, double 0x39477504E8C90E7F, double 0x35BDEB1CB129A73F, double 0x400E2B0DB92371D2, double 0x3C826E9700324977, double 0x392413A32439FC3B, double 0x35DAC72C4A69CFBA, double 0x3FF61B7246E3A424, double 0x3CABA5C00C925DD4, double 0x3923A32439FC3BD6, double 0x35BCB129A73EE882, double 0x3FFB7246E3A424DD, double 0x3C8700324977504E, double 0x3931921CFE1DEB1C, double 0x35E62534E7DD1047, double 0x40092371D2126E97, double 0x3C1924BBA8274648, double 0x38BCFE1DEB1CB129, double 0x3564E7DD1046BEA6, double 0x3FDB8E909374B801, double 0x3C824977504E8C90, double 0x393CFE1DEB1CB129, double 0x35E4E7DD1046BEA6, double 0x4001D2126E970032, double 0x3CA25DD413A32439, double 0x395F877AC72C4A69, double 0x3609F74411AFA976, double 0x4002126E97003249, double 0x3CADD413A32439FC, double 0x393DEB1CB129A73E, double 0x35ED1046BEA5D769, double 0x40026E9700324977, double 0x3CA413A32439FC3B, double 0x395AC72C4A69CFBA, double 0x35E046BEA5D76891, double 0x3FFD2E006492EEA0, double 0x3CA3A32439FC3BD6, double 0x393CB129A73EE882, double 0x35CAFA975DA24275, double 0x400700324977504E, double 0x3CB1921CFE1DEB1C, double 0x39662534E7DD1046, double 0x3617D4BAED1213A6, double 0x3F9924BBA8274648, double 0x3C3CFE1DEB1CB129, double 0x38E4E7DD1046BEA5, double 0x359AED1213A671C1, double 0x40024977504E8C90, double 0x3CBCFE1DEB1CB129, double 0x3964E7DD1046BEA5, double 0x361AED1213A671C1, double 0x3FF2EEA09D1921CF, double 0x3CAC3BD63962534E, double 0x394F74411AFA975D, double 0x35F4484E99C7026B, double 0x4007504E8C90E7F0, double 0x3CBDEB1CB129A73E, double 0x396D1046BEA5D768, double 0x361213A671C09AD1, double 0x40004E8C90E7F0EF, double 0x3CA63962534E7DD1, double 0x3901AFA975DA2427, double 0x35A338E04D68BEFD, double 0x3FFD1921CFE1DEB1, double 0x3CA962534E7DD104, double 0x394AFA975DA24274, double 0x35F9C7026B45F7E4, double 0x3FF921CFE1DEB1CB, double 0x3C729A73EE88235F, double 0x3914BAED1213A671, double 0x35C8135A2FBF209D, double 0x4000E7F0EF58E589, double 0x3CA34E7DD1046BEA, double 0x39475DA24274CE38, double 0x35C35A2FBF209CC9, double 0x3FEFC3BD63962534, double 0x3C9CFBA208D7D4BA, double 0x394DA24274CE3813, double 0x35E68BEFC827323B, double 0x4000EF58E5894D39, double 0x3CBEE88235F52EBB, double 0x3951213A671C09AD, double 0x35D7DF904E64758E, double 0x3FFEB1CB129A73EE, double 0x3CA1046BEA5D7689, double 0x3913A671C09AD17D, double 0x35CF209CC8EB1CC2, double 0x4008E5894D39F744, double 0x3C81AFA975DA2427, double 0x392338E04D68BEFC, double 0x35D04E64758E60D5, double 0x3FE62534E7DD1046, double 0x3C97D4BAED1213A6, double 0x393C7026B45F7E41, double 0x35CCC8EB1CC1A99D, double 0x3FF29A73EE88235F, double 0x3C94BAED1213A671, double 0x3948135A2FBF209C, double 0x35F91D639835339F, double 0x3FFA73EE88235F52, double 0x3CAD768909D338E0, double 0x39435A2FBF209CC8, double 0x35FD639835339F4A, double 0x4009F74411AFA975, double 0x3CBB4484E99C7026, double 0x39668BEFC827323A, double 0x3618E60D4CE7D272, double 0x40074411AFA975DA, double 0x3C9213A671C09AD1, double 0x393F7E413991D639, double 0x35E06A673E93908C, double 0x3FE046BEA5D76890, double 0x3C93A671C09AD17D, double 0x394F209CC8EB1CC1, double 0x35F5339F49C845F9, double 0x4001AFA975DA2427, double 0x3CA338E04D68BEFC, double 0x39504E64758E60D4, double 0x3609CFA4E422FC5E, double 0x3FFF52EBB4484E99, double 0x3CA8E04D68BEFC82, double 0x394CC8EB1CC1A99C, double 0x35FF49C845F8BBE0, double 0x3FF2EBB4484E99C7, double 0x3C435A2FBF209CC8, double 0x38FD639835339F49, double 0x35A908BF177BF250, double 0x4005DA24274CE381, double 0x3C9AD17DF904E647, double 0x393639835339F49C, double 0x35E08BF177BF2507, double 0x400A24274CE38135, double 0x3CB45F7E413991D6, double 0x394CC1A99CFA4E42, double 0x35D7E2EF7E4A0EC8, double 0x3FE09D338E04D68B, double 0x3C9DF904E64758E6, double 0x390A99CFA4E422FC, double 0x35A77BF250763FF1, double 0x3FED338E04D68BEF, double 0x3C9904E64758E60D, double 0x393339F49C845F8B, double 0x35E7BF250763FF13, double 0x3FF9C7026B45F7E4, double 0x3C73991D63983533, double 0x3923E93908BF177B, double 0x35DE4A0EC7FE2600, double 0x3FDC09AD17DF904E, double 0x3C791D639835339F, double 0x391272117E2EF7E4, double 0x35C41D8FFC4BFFEF, double 0x3FC35A2FBF209CC8, double 0x3C7D639835339F49, double 0x392908BF177BF250, double 0x35CD8FFC4BFFEF03, double 0x4005A2FBF209CC8E, double 0x3CB639835339F49C, double 0x39608BF177BF2507, double 0x3608FFC4BFFEF02D, double 0x3FD7DF904E64758E, double 0x3C7835339F49C845, double 0x392F177BF250763F, double 0x35DE25FFF7816604, double 0x400BF209CC8EB1CC, double 0x3C8A99CFA4E422FC, double 0x39277BF250763FF1, double 0x35B7FFDE05980FEF, double 0x400209CC8EB1CC1A, double 0x3CB339F49C845F8B, double 0x3967BF250763FF12, double 0x361FFF7816603FBD, double 0x3FF3991D63983533, double 0x3CA3E93908BF177B, double 0x395E4A0EC7FE25FF, double 0x360EF02CC07F7979, double 0x3FF91D639835339F, double 0x3C9272117E2EF7E4, double 0x39441D8FFC4BFFEF, double 0x3596603FBCBC462D, double 0x3FFD639835339F49, double 0x3CA908BF177BF250, double 0x394D8FFC4BFFEF02, double 0x35F980FEF2F118B6, double 0x4001CC1A99CFA4E4, double 0x3C917E2EF7E4A0EC, double 0x393FF897FFDE0598, double 0x35AFDE5E2316B415, double 0x3FF835339F49C845, double 0x3CAF177BF250763F, double 0x395E25FFF7816603, double 0x360F79788C5AD053, double 0x400A99CFA4E422FC, double 0x3CA77BF250763FF1, double 0x3937FFDE05980FEF, double 0x35C788C5AD053690, double 0x4009CFA4E422FC5D, double 0x3CBDF9283B1FF897, double 0x396FFBC0B301FDE5, double 0x361C462D6829B47E, double 0x3FFF49C845F8BBDF, double 0x3CA250763FF12FFF, double 0x3957816603FBCBC4, double 0x35F8B5A0A6D1F6D3, double 0x3FE3908BF177BF25, double 0x3C4D8FFC4BFFEF02, double 0x38F980FEF2F118B5, double 0x35A414DA3EDA6CFE, double 0x3FE08BF177BF2507, double 0x3C88FFC4BFFEF02C, double 0x39380FEF2F118B5A, double 0x35A4DA3EDA6CFD9E, double 0x3FD7E2EF7E4A0EC7, double 0x3C8FC4BFFEF02CC0, double 0x392FDE5E2316B414, double 0x35DB47DB4D9FB3CA, double 0x400C5DEFC941D8FF, double 0x3CB897FFDE05980F, double 0x396DE5E2316B414D, double 0x36147DB4D9FB3C9F, double 0x400DEFC941D8FFC4, double 0x3CB7FFDE05980FEF, double 0x394788C5AD05368F, double 0x35F6D367ECF27CB1, double 0x3FFF9283B1FF897F, double 0x3CAFBC0B301FDE5E, double 0x39318B5A0A6D1F6D, double 0x35CB3F6793E584DC, double 0x3FF283B1FF897FFD, double 0x3CAC0B301FDE5E23, double 0x3926B414DA3EDA6C, double 0x35DFB3C9F2C26DD4, double 0x3FCD8FFC4BFFEF02, double 0x3C7980FEF2F118B5, double 0x392414DA3EDA6CFD, double 0x35D3C9F2C26DD3D2, double 0x4008FFC4BFFEF02C, double 0x3CB80FEF2F118B5A, double 0x3924DA3EDA6CFD9E, double 0x35C3E584DBA7A320, double 0x400FC4BFFEF02CC0, double 0x3CAFDE5E2316B414, double 0x395B47DB4D9FB3C9, double 0x360E584DBA7A31FB, double 0x3FE2FFFBC0B301FD, double 0x3C9CBC462D6829B4, double 0x393F6D367ECF27CB, double 0x35A36E9E8C7ECD3D, double 0x400FFEF02CC07F79, double 0x3CAE2316B414DA3E, double 0x395B4D9FB3C9F2C2, double 0x35FB74F463F669E6, double 0x400EF02CC07F7978, double 0x3CB18B5A0A6D1F6D, double 0x394B3F6793E584DB, double 0x35F4F463F669E5FF, double 0x40002CC07F79788C, double 0x3CA6B414DA3EDA6C, double 0x395FB3C9F2C26DD3, double 0x360A31FB34F2FF51, double 0x3FF980FEF2F118B5, double 0x3CA414DA3EDA6CFD, double 0x3953C9F2C26DD3D1, double 0x3601FB34F2FF516C, double 0x3FAFDE5E2316B414, double 0x3C5B47DB4D9FB3C9, double 0x390E584DBA7A31FB, double 0x359A797FA8B5D49F, double 0x400F79788C5AD053, double 0x3CAA3EDA6CFD9E4F, double 0x3952C26DD3D18FD9, double 0x3604F2FF516BA93E, double 0x4009788C5AD05368, double 0x3CBF6D367ECF27CB, double 0x39236E9E8C7ECD3C, double 0x35D7FA8B5D49EEB2, double 0x40088C5AD05368FB, double 0x3CAA6CFD9E4F9613, double 0x394BA7A31FB34F2F, double 0x35FEA2D7527BAC7F, double 0x3FF8B5A0A6D1F6D3, double 0x3C99FB3C9F2C26DD, double 0x392E8C7ECD3CBFD4, double 0x35C6BA93DD63F5F3, double 0x400AD05368FB69B3, double 0x3CBECF27CB09B74F, double 0x39518FD9A797FA8B, double 0x35F7527BAC7EBE5F, double 0x40005368FB69B3F6, double 0x3CAE4F96136E9E8C, double 0x394FB34F2FF516BA, double 0x35F27BAC7EBE5F18, double 0x400368FB69B3F679, double 0x3C9F2C26DD3D18FD, double 0x39434F2FF516BA93, double 0x35FBAC7EBE5F17B4, double 0x3FF1F6D367ECF27C, double 0x3CA6136E9E8C7ECD, double 0x393E5FEA2D7527BA, double 0x35E8FD7CBE2F67A1, double 0x400B69B3F6793E58, double 0x3CA36E9E8C7ECD3C, double 0x3957FA8B5D49EEB1, double 0x360F5F2F8BD9E83A, double 0x3FF367ECF27CB09B, double 0x3C9D3D18FD9A797F, double 0x394516BA93DD63F5, double 0x35FE5F17B3D0739F, double 0x4003F6793E584DBA, double 0x3CAE8C7ECD3CBFD4, double 0x3946BA93DD63F5F2, double 0x35FF17B3D0739F79, double 0x4006793E584DBA7A, double 0x3C98FD9A797FA8B5, double 0x394A93DD63F5F2F8, double 0x35F7B3D0739F78A5, double 0x40093E584DBA7A31, double 0x3CBF669E5FEA2D75, double 0x3943DD63F5F2F8BD, double 0x35F3D0739F78A529, double 0x400E584DBA7A31FB, double 0x3C9A797FA8B5D49E, double 0x394D63F5F2F8BD9E, double 0x35F0739F78A5292F, double 0x40084DBA7A31FB34, double 0x3CBE5FEA2D7527BA, double 0x3968FD7CBE2F67A0, double 0x361CE7DE294A4BAA, double 0x3FFB74F463F669E5, double 0x3CAFD45AEA4F758F, double 0x395AF97C5ECF41CE, double 0x35FF78A5292EA6C0, double 0x400A7A31FB34F2FF, double 0x3CA45AEA4F758FD7, double 0x39597C5ECF41CE7D, double 0x360C529497535FDB, double 0x400A31FB34F2FF51, double 0x3CAAEA4F758FD7CB, double 0x395C5ECF41CE7DE2, double 0x36029497535FDAFE, double 0x4001FB34F2FF516B, double 0x3CB527BAC7EBE5F1, double 0x395ECF41CE7DE294, double 0x360497535FDAFD89, double 0x400B34F2FF516BA9, double 0x3C9EEB1FAF97C5EC, double 0x394E839CFBC52949, double 0x35ED4D7F6BF623F2, double 0x4004F2FF516BA93D, double 0x3CBAC7EBE5F17B3D, double 0x391CE7DE294A4BA9, double 0x35C5FDAFD88FC6AF, double 0x4002FF516BA93DD6, double 0x3C9FAF97C5ECF41C, double 0x394CFBC529497535, double 0x35FFB5FB11F8D5D1, double 0x400F516BA93DD63F, double 0x3CA7CBE2F67A0E73, double 0x395DE294A4BA9AFE, double 0x360AFD88FC6AE843, double 0x40016BA93DD63F5F, double 0x3C97C5ECF41CE7DE, double 0x3924A525D4D7F6BF, double 0x35C88FC6AE842B02, double 0x3FF7527BAC7EBE5F, double 0x3C77B3D0739F78A5, double 0x390497535FDAFD88, double 0x35BF8D5D08560330, double 0x3FF27BAC7EBE5F17, double 0x3CA67A0E73EF14A5, double 0x3932EA6BFB5FB11F, double 0x35E1ABA10AC06609, double 0x400DD63F5F2F8BD9, double 0x3CBD0739F78A5292, double 0x396D4D7F6BF623F1, double 0x36157421580CC11C, double 0x40063F5F2F8BD9E8, double 0x3C9CE7DE294A4BA9, double 0x3945FDAFD88FC6AE, double 0x35F0856033046FC8]
@llvm.compiler.used = appending global [4 x ptr] [ptr @fl_rare_sin_huge_float32_16, ptr @fl_rare_sin_huge_float32_2, ptr @fl_rare_sin_huge_float32_4, ptr @fl_rare_sin_huge_float32_8], section "llvm.metadata"

; Function Attrs: alwaysinline nounwind
define linkonce_odr <16 x float> @fl_rare_sin_huge_float32_16(<16 x float> %.1, <16 x i1> %.2) #0 {
entry:
  %.4 = bitcast <16 x i1> %.2 to i16
  %.5 = icmp eq i16 %.4, 0
  br i1 %.5, label %common.ret, label %some

common.ret:                                       ; preds = %some, %entry
  %common.ret.op = phi <16 x float> [ %.7, %some ], [ %.1, %entry ]
  ret <16 x float> %common.ret.op

some:                                             ; preds = %entry
  %.7 = tail call <16 x float> @fl_rare_sin_huge_float32_16_slow(<16 x float> %.1, <16 x i1> %.2)
  br label %common.ret
}

; Function Attrs: alwaysinline nounwind
define linkonce_odr <2 x float> @fl_rare_sin_huge_float32_2(<2 x float> %.1, <2 x i1> %.2) #0 {
entry:
  %.4 = bitcast <2 x i1> %.2 to i2
  %.5 = icmp eq i2 %.4, 0
  br i1 %.5, label %common.ret, label %some

common.ret:                                       ; preds = %some, %entry
  %common.ret.op = phi <2 x float> [ %.7, %some ], [ %.1, %entry ]
  ret <2 x float> %common.ret.op

some:                                             ; preds = %entry
  %.7 = tail call <2 x float> @fl_rare_sin_huge_float32_2_slow(<2 x float> %.1, <2 x i1> %.2)
  br label %common.ret
}

; Function Attrs: alwaysinline nounwind
define linkonce_odr <4 x float> @fl_rare_sin_huge_float32_4(<4 x float> %.1, <4 x i1> %.2) #0 {
entry:
  %.4 = bitcast <4 x i1> %.2 to i4
  %.5 = icmp eq i4 %.4, 0
  br i1 %.5, label %common.ret, label %some

common.ret:                                       ; preds = %some, %entry
  %common.ret.op = phi <4 x float> [ %.7, %some ], [ %.1, %entry ]
  ret <4 x float> %common.ret.op

some:                                             ; preds = %entry
  %.7 = tail call <4 x float> @fl_rare_sin_huge_float32_4_slow(<4 x float> %.1, <4 x i1> %.2)
  br label %common.ret
}

; Function Attrs: alwaysinline nounwind
define linkonce_odr <8 x float> @fl_rare_sin_huge_float32_8(<8 x float> %.1, <8 x i1> %.2) #0 {
entry:
  %.4 = bitcast <8 x i1> %.2 to i8
  %.5 = icmp eq i8 %.4, 0
  br i1 %.5, label %common.ret, label %some

common.ret:                                       ; preds = %some, %entry
  %common.ret.op = phi <8 x float> [ %.7, %some ], [ %.1, %entry ]
  ret <8 x float> %common.ret.op

some:                                             ; preds = %entry
  %.7 = tail call <8 x float> @fl_rare_sin_huge_float32_8_slow(<8 x float> %.1, <8 x i1> %.2)
  br label %common.ret
}

; Function Attrs: cold noinline nounwind
define linkonce_odr <8 x float> @fl_rare_sin_huge_float32_8_slow(<8 x float> %.1, <8 x i1> %.2) local_unnamed_addr #1 !section_prefix !0 {
entry:
  %.4 = extractelement <8 x i1> %.2, i64 0
  br i1 %.4, label %entry.if, label %entry.endif, !prof !1

entry.if:                                         ; preds = %entry
  %.6 = extractelement <8 x float> %.1, i64 0
  %.7 = tail call float @fl_rare_sin_huge_float32(float %.6)
  %.8 = insertelement <8 x float> %.1, float %.7, i64 0
  br label %entry.endif

entry.endif:                                      ; preds = %entry.if, %entry
  %.10 = phi <8 x float> [ %.8, %entry.if ], [ %.1, %entry ]
  %.11 = extractelement <8 x i1> %.2, i64 1
  br i1 %.11, label %entry.endif.if, label %entry.endif.endif, !prof !1

entry.endif.if:                                   ; preds = %entry.endif
  %.13 = extractelement <8 x float> %.1, i64 1
  %.14 = tail call float @fl_rare_sin_huge_float32(float %.13)
  %.15 = insertelement <8 x float> %.10, float %.14, i64 1
  br label %entry.endif.endif

entry.endif.endif:                                ; preds = %entry.endif.if, %entry.endif
  %.17 = phi <8 x float> [ %.15, %entry.endif.if ], [ %.10, %entry.endif ]
  %.18 = extractelement <8 x i1> %.2, i64 2
  br i1 %.18, label %entry.endif.endif.if, label %entry.endif.endif.endif, !prof !1

entry.endif.endif.if:                             ; preds = %entry.endif.endif
  %.20 = extractelement <8 x float> %.1, i64 2
  %.21 = tail call float @fl_rare_sin_huge_float32(float %.20)
  %.22 = insertelement <8 x float> %.17, float %.21, i64 2
  br label %entry.endif.endif.endif

entry.endif.endif.endif:                          ; preds = %entry.endif.endif.if, %entry.endif.endif
  %.24 = phi <8 x float> [ %.22, %entry.endif.endif.if ], [ %.17, %entry.endif.endif ]
  %.25 = extractelement <8 x i1> %.2, i64 3
  br i1 %.25, label %entry.endif.endif.endif.if, label %entry.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.if:                       ; preds = %entry.endif.endif.endif
  %.27 = extractelement <8 x float> %.1, i64 3
  %.28 = tail call float @fl_rare_sin_huge_float32(float %.27)
  %.29 = insertelement <8 x float> %.24, float %.28, i64 3
  br label %entry.endif.endif.endif.endif

entry.endif.endif.endif.endif:                    ; preds = %entry.endif.endif.endif.if, %entry.endif.endif.endif
  %.31 = phi <8 x float> [ %.29, %entry.endif.endif.endif.if ], [ %.24, %entry.endif.endif.endif ]
  %.32 = extractelement <8 x i1> %.2, i64 4
  br i1 %.32, label %entry.endif.endif.endif.endif.if, label %entry.endif.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.endif.if:                 ; preds = %entry.endif.endif.endif.endif
  %.34 = extractelement <8 x float> %.1, i64 4
  %.35 = tail call float @fl_rare_sin_huge_float32(float %.34)
  %.36 = insertelement <8 x float> %.31, float %.35, i64 4
  br label %entry.endif.endif.endif.endif.endif

entry.endif.endif.endif.endif.endif:              ; preds = %entry.endif.endif.endif.endif.if, %entry.endif.endif.endif.endif
  %.38 = phi <8 x float> [ %.36, %entry.endif.endif.endif.endif.if ], [ %.31, %entry.endif.endif.endif.endif ]
  %.39 = extractelement <8 x i1> %.2, i64 5
  br i1 %.39, label %entry.endif.endif.endif.endif.endif.if, label %entry.endif.endif.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.endif.endif.if:           ; preds = %entry.endif.endif.endif.endif.endif
  %.41 = extractelement <8 x float> %.1, i64 5
  %.42 = tail call float @fl_rare_sin_huge_float32(float %.41)
  %.43 = insertelement <8 x float> %.38, float %.42, i64 5
  br label %entry.endif.endif.endif.endif.endif.endif

entry.endif.endif.endif.endif.endif.endif:        ; preds = %entry.endif.endif.endif.endif.endif.if, %entry.endif.endif.endif.endif.endif
  %.45 = phi <8 x float> [ %.43, %entry.endif.endif.endif.endif.endif.if ], [ %.38, %entry.endif.endif.endif.endif.endif ]
  %.46 = extractelement <8 x i1> %.2, i64 6
  br i1 %.46, label %entry.endif.endif.endif.endif.endif.endif.if, label %entry.endif.endif.endif.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.endif.endif.endif.if:     ; preds = %entry.endif.endif.endif.endif.endif.endif
  %.48 = extractelement <8 x float> %.1, i64 6
  %.49 = tail call float @fl_rare_sin_huge_float32(float %.48)
  %.50 = insertelement <8 x float> %.45, float %.49, i64 6
  br label %entry.endif.endif.endif.endif.endif.endif.endif

entry.endif.endif.endif.endif.endif.endif.endif:  ; preds = %entry.endif.endif.endif.endif.endif.endif.if, %entry.endif.endif.endif.endif.endif.endif
  %.52 = phi <8 x float> [ %.50, %entry.endif.endif.endif.endif.endif.endif.if ], [ %.45, %entry.endif.endif.endif.endif.endif.endif ]
  %.53 = extractelement <8 x i1> %.2, i64 7
  br i1 %.53, label %entry.endif.endif.endif.endif.endif.endif.endif.if, label %entry.endif.endif.endif.endif.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.endif.endif.endif.endif.if: ; preds = %entry.endif.endif.endif.endif.endif.endif.endif
  %.55 = extractelement <8 x float> %.1, i64 7
  %.56 = tail call float @fl_rare_sin_huge_float32(float %.55)
  %.57 = insertelement <8 x float> %.52, float %.56, i64 7
  br label %entry.endif.endif.endif.endif.endif.endif.endif.endif

entry.endif.endif.endif.endif.endif.endif.endif.endif: ; preds = %entry.endif.endif.endif.endif.endif.endif.endif.if, %entry.endif.endif.endif.endif.endif.endif.endif
  %.59 = phi <8 x float> [ %.57, %entry.endif.endif.endif.endif.endif.endif.endif.if ], [ %.52, %entry.endif.endif.endif.endif.endif.endif.endif ]
  ret <8 x float> %.59
}

; Function Attrs: cold noinline nounwind
define linkonce_odr float @fl_rare_sin_huge_float32(float %.1) local_unnamed_addr #2 !section_prefix !0 {
entry:
  %.3 = alloca float, align 4
  %excinfo = alloca ptr, align 8
  %.7 = call i32 @fl_part_sin_f32_0(ptr nonnull %.3, ptr nonnull %excinfo, float %.1) #6
  %.17 = load float, ptr %.3, align 4
  ret float %.17
}

; Function Attrs: mustprogress nofree norecurse nosync nounwind willreturn memory(argmem: write)
define linkonce_odr noundef range(i32 -1, -2) i32 @fl_part_sin_f32_0(ptr noalias writeonly captures(none) initializes((0, 4)) %retptr, ptr noalias readnone captures(none) %excinfo, float %arg.x) local_unnamed_addr #3 {
common.ret:
  %0 = tail call float @llvm.fabs.f32(float %arg.x)
  %1 = fpext float %0 to double
  %.6.i.i.i = bitcast double %1 to i64
  %.7.i.i.i = lshr i64 %.6.i.i.i, 52
  %.10.i.i.i = tail call i64 @llvm.usub.sat.i64(i64 %.7.i.i.i, i64 1043)
  %2 = lshr i64 %.10.i.i.i, 1
  %.13.i.i.i = and i64 %2, 508
  %.14.i.i.i = shl nuw nsw i64 %.10.i.i.i, 52
  %.15.i.i.i = and i64 %.14.i.i.i, 31525197391593472
  %.16.i.i.i = add nuw nsw i64 %.15.i.i.i, 4841369599423283200
  %.17.i.i.i = and i64 %.6.i.i.i, 4503599627370495
  %.18.i.i.i = or disjoint i64 %.16.i.i.i, %.17.i.i.i
  %.19.i.i.i = bitcast i64 %.18.i.i.i to double
  %.20.i.i.i = getelementptr inbounds nuw double, ptr @fl_table_de047030e5ef95a5, i64 %.13.i.i.i
  %.21.i.i.i = load double, ptr %.20.i.i.i, align 8, !noalias !2
  %.23.i.i.i = getelementptr inbounds nuw i8, ptr %.20.i.i.i, i64 8
  %.24.i.i.i = load double, ptr %.23.i.i.i, align 8, !noalias !2
  %.26.i.i.i = getelementptr inbounds nuw i8, ptr %.20.i.i.i, i64 16
  %.27.i.i.i = load double, ptr %.26.i.i.i, align 8, !noalias !2
  %.28.i.i.i = or i64 %2, 3
  %.29.i.i.i = getelementptr inbounds nuw double, ptr @fl_table_de047030e5ef95a5, i64 %.28.i.i.i
  %.30.i.i.i = load double, ptr %.29.i.i.i, align 8, !noalias !2
  %.39.i.i.i = fmul double %.21.i.i.i, %.19.i.i.i
  %.40.i.i.i = fmul double %.24.i.i.i, %.19.i.i.i
  %.41.i.i.i = fmul double %.27.i.i.i, %.19.i.i.i
  %.44.i.i.i = fneg double %.40.i.i.i
  %.45.i.i.i = tail call double @llvm.fma.f64(double %.19.i.i.i, double %.24.i.i.i, double %.44.i.i.i)
  %.46.i.i.i = fneg double %.41.i.i.i
  %.47.i.i.i = tail call double @llvm.fma.f64(double %.19.i.i.i, double %.27.i.i.i, double %.46.i.i.i)
  %.5.i.i.i.i = fmul double %.39.i.i.i, 2.500000e-01
  %.6.i.i.i.i = tail call double @llvm.copysign.f64(double 0x4330000000000000, double %.5.i.i.i.i)
  %.7.i.i.i.i = tail call double @llvm.fabs.f64(double %.5.i.i.i.i)
  %.8.i.i.i.i = fcmp olt double %.7.i.i.i.i, 0x4330000000000000
  %.9.i.i.i.i = fadd double %.5.i.i.i.i, %.6.i.i.i.i
  %.10.i.i.i.i = fsub double %.9.i.i.i.i, %.6.i.i.i.i
  %.11.i.i.i.i = fmul double %.10.i.i.i.i, 4.000000e+00
  %.12.i.i.i.i = fsub double %.39.i.i.i, %.11.i.i.i.i
  %.13.i.i.i.i = select i1 %.8.i.i.i.i, double %.12.i.i.i.i, double 0.000000e+00
  %.42.i.i.i = fneg double %.39.i.i.i
  %.43.i.i.i = tail call double @llvm.fma.f64(double %.19.i.i.i, double %.21.i.i.i, double %.42.i.i.i)
  %.5.i1.i.i.i = fmul double %.43.i.i.i, 2.500000e-01
  %.6.i2.i.i.i = tail call double @llvm.copysign.f64(double 0x4330000000000000, double %.5.i1.i.i.i)
  %.7.i3.i.i.i = tail call double @llvm.fabs.f64(double %.5.i1.i.i.i)
  %.8.i4.i.i.i = fcmp olt double %.7.i3.i.i.i, 0x4330000000000000
  %.9.i5.i.i.i = fadd double %.5.i1.i.i.i, %.6.i2.i.i.i
  %.10.i6.i.i.i = fsub double %.9.i5.i.i.i, %.6.i2.i.i.i
  %.11.i7.i.i.i = fmul double %.10.i6.i.i.i, 4.000000e+00
  %.12.i8.i.i.i = fsub double %.43.i.i.i, %.11.i7.i.i.i
  %.13.i9.i.i.i = select i1 %.8.i4.i.i.i, double %.12.i8.i.i.i, double 0.000000e+00
  %.6.i19.i.i.i = fadd double %.13.i.i.i.i, %.13.i9.i.i.i
  %.7.i20.i.i.i = fsub double %.6.i19.i.i.i, %.13.i.i.i.i
  %.8.i21.i.i.i = fsub double %.6.i19.i.i.i, %.7.i20.i.i.i
  %.9.i22.i.i.i = fsub double %.13.i.i.i.i, %.8.i21.i.i.i
  %.10.i23.i.i.i = fsub double %.13.i9.i.i.i, %.7.i20.i.i.i
  %.11.i24.i.i.i = fadd double %.10.i23.i.i.i, %.9.i22.i.i.i
  %.5.i10.i.i.i = fmul double %.40.i.i.i, 2.500000e-01
  %.6.i11.i.i.i = tail call double @llvm.copysign.f64(double 0x4330000000000000, double %.5.i10.i.i.i)
  %.7.i12.i.i.i = tail call double @llvm.fabs.f64(double %.5.i10.i.i.i)
  %.8.i13.i.i.i = fcmp olt double %.7.i12.i.i.i, 0x4330000000000000
  %.9.i14.i.i.i = fadd double %.5.i10.i.i.i, %.6.i11.i.i.i
  %.10.i15.i.i.i = fsub double %.9.i14.i.i.i, %.6.i11.i.i.i
  %.11.i16.i.i.i = fmul double %.10.i15.i.i.i, 4.000000e+00
  %.12.i17.i.i.i = fsub double %.40.i.i.i, %.11.i16.i.i.i
  %.13.i18.i.i.i = select i1 %.8.i13.i.i.i, double %.12.i17.i.i.i, double 0.000000e+00
  %.6.i25.i.i.i = fadd double %.13.i18.i.i.i, %.6.i19.i.i.i
  %.7.i26.i.i.i = fsub double %.6.i25.i.i.i, %.6.i19.i.i.i
  %.8.i27.i.i.i = fsub double %.6.i25.i.i.i, %.7.i26.i.i.i
  %.9.i28.i.i.i = fsub double %.6.i19.i.i.i, %.8.i27.i.i.i
  %.10.i29.i.i.i = fsub double %.13.i18.i.i.i, %.7.i26.i.i.i
  %.11.i30.i.i.i = fadd double %.10.i29.i.i.i, %.9.i28.i.i.i
  %.179.i.i.i = fadd double %.6.i25.i.i.i, 0x4338000000000000
  %.180.i.i.i = fadd double %.179.i.i.i, 0xC338000000000000
  %.182.i.i.i = fsub double %.6.i25.i.i.i, %.180.i.i.i
  %.6.i32.i.i.i = fadd double %.45.i.i.i, %.182.i.i.i
  %.7.i33.i.i.i = fsub double %.6.i32.i.i.i, %.182.i.i.i
  %.8.i34.i.i.i = fsub double %.6.i32.i.i.i, %.7.i33.i.i.i
  %.9.i35.i.i.i = fsub double %.182.i.i.i, %.8.i34.i.i.i
  %.10.i36.i.i.i = fsub double %.45.i.i.i, %.7.i33.i.i.i
  %.11.i37.i.i.i = fadd double %.10.i36.i.i.i, %.9.i35.i.i.i
  %.6.i39.i.i.i = fadd double %.41.i.i.i, %.6.i32.i.i.i
  %.7.i40.i.i.i = fsub double %.6.i39.i.i.i, %.6.i32.i.i.i
  %.8.i41.i.i.i = fsub double %.6.i39.i.i.i, %.7.i40.i.i.i
  %.9.i42.i.i.i = fsub double %.6.i32.i.i.i, %.8.i41.i.i.i
  %.10.i43.i.i.i = fsub double %.41.i.i.i, %.7.i40.i.i.i
  %.11.i44.i.i.i = fadd double %.10.i43.i.i.i, %.9.i42.i.i.i
  %.6.i46.i.i.i = fadd double %.11.i24.i.i.i, %.6.i39.i.i.i
  %.7.i47.i.i.i = fsub double %.6.i46.i.i.i, %.6.i39.i.i.i
  %.8.i48.i.i.i = fsub double %.6.i46.i.i.i, %.7.i47.i.i.i
  %.9.i49.i.i.i = fsub double %.6.i39.i.i.i, %.8.i48.i.i.i
  %.10.i50.i.i.i = fsub double %.11.i24.i.i.i, %.7.i47.i.i.i
  %.11.i51.i.i.i = fadd double %.10.i50.i.i.i, %.9.i49.i.i.i
  %.6.i53.i.i.i = fadd double %.11.i30.i.i.i, %.6.i46.i.i.i
  %.7.i54.i.i.i = fsub double %.6.i53.i.i.i, %.6.i46.i.i.i
  %.8.i55.i.i.i = fsub double %.6.i53.i.i.i, %.7.i54.i.i.i
  %.9.i56.i.i.i = fsub double %.6.i46.i.i.i, %.8.i55.i.i.i
  %.10.i57.i.i.i = fsub double %.11.i30.i.i.i, %.7.i54.i.i.i
  %.11.i58.i.i.i = fadd double %.10.i57.i.i.i, %.9.i56.i.i.i
  %.236.i.i.i = fadd double %.11.i37.i.i.i, %.11.i44.i.i.i
  %.264.i.i.i = fadd double %.236.i.i.i, %.11.i51.i.i.i
  %.292.i.i.i = fadd double %.264.i.i.i, %.11.i58.i.i.i
  %.293.i.i.i = fmul double %.30.i.i.i, %.19.i.i.i
  %.294.i.i.i = fadd double %.47.i.i.i, %.293.i.i.i
  %.295.i.i.i = fadd double %.294.i.i.i, %.292.i.i.i
  %.296.i.i.i = fadd double %.6.i53.i.i.i, %.295.i.i.i
  %.297.i.i.i = fsub double %.6.i53.i.i.i, %.296.i.i.i
  %.298.i.i.i = fadd double %.295.i.i.i, %.297.i.i.i
  %.299.i.i.i = fmul double %.296.i.i.i, 0x3FF921FB54442D18
  %.300.i.i.i = fneg double %.299.i.i.i
  %.301.i.i.i = tail call double @llvm.fma.f64(double %.296.i.i.i, double 0x3FF921FB54442D18, double %.300.i.i.i)
  %.302.i.i.i = fmul double %.296.i.i.i, 0x3C91A62633145C07
  %.303.i.i.i = fmul double %.298.i.i.i, 0x3FF921FB54442D18
  %.304.i.i.i = fadd double %.302.i.i.i, %.303.i.i.i
  %.305.i.i.i = fadd double %.301.i.i.i, %.304.i.i.i
  %.306.i.i.i = fcmp olt float %arg.x, 0.000000e+00
  %.307.i.i.i = fneg double %.180.i.i.i
  %.308.i.i.i = select i1 %.306.i.i.i, double %.307.i.i.i, double %.180.i.i.i
  %.310.i.i.i = select i1 %.306.i.i.i, double %.300.i.i.i, double %.299.i.i.i
  %.311.i.i.i = fneg double %.305.i.i.i
  %.312.i.i.i = select i1 %.306.i.i.i, double %.311.i.i.i, double %.305.i.i.i
  %.36.i.i = fptrunc double %.308.i.i.i to float
  %.37.i.i = fadd float %.36.i.i, 0x4168000000000000
  %.39.i.i = fptrunc double %.310.i.i.i to float
  %.40.i.i = fptrunc double %.312.i.i.i to float
  %3 = bitcast float %.37.i.i to i32
  %.6.i.i1.i = fmul float %.39.i.i, %.39.i.i
  %.7.i.i2.i = fmul float %.6.i.i1.i, %.39.i.i
  %.8.i.i.i = tail call float @llvm.fmuladd.f32(float %.6.i.i1.i, float 0xBF2994CE00000000, float 0x3F811075C0000000)
  %.9.i.i.i = tail call float @llvm.fmuladd.f32(float %.8.i.i.i, float %.6.i.i1.i, float 0xBFC5555460000000)
  %.11.i.i.i = tail call float @llvm.fmuladd.f32(float %.6.i.i1.i, float -5.000000e-01, float 1.000000e+00)
  %.12.i.i.i = fmul float %.11.i.i.i, %.40.i.i
  %.13.i.i3.i = tail call float @llvm.fmuladd.f32(float %.7.i.i2.i, float %.9.i.i.i, float %.12.i.i.i)
  %.14.i.i4.i = fadd float %.13.i.i3.i, %.39.i.i
  %.15.i.i5.i = fmul float %.6.i.i1.i, 5.000000e-01
  %.16.i.i6.i = fsub float 1.000000e+00, %.15.i.i5.i
  %.17.i.i7.i = fsub float 1.000000e+00, %.16.i.i6.i
  %.18.i.i8.i = fsub float %.17.i.i7.i, %.15.i.i5.i
  %.19.i.i9.i = fmul float %.6.i.i1.i, %.6.i.i1.i
  %.20.i.i10.i = tail call float @llvm.fmuladd.f32(float %.6.i.i1.i, float 0x3EF9A00E60000000, float 0xBF56C0C880000000)
  %.21.i.i11.i = tail call float @llvm.fmuladd.f32(float %.20.i.i10.i, float %.6.i.i1.i, float 0x3FA55554A0000000)
  %.22.i.i.i = fneg float %.39.i.i
  %.23.i.i12.i = fmul float %.22.i.i.i, %.40.i.i
  %.24.i.i13.i = tail call float @llvm.fmuladd.f32(float %.19.i.i9.i, float %.21.i.i11.i, float %.23.i.i12.i)
  %.25.i.i.i = fadd float %.18.i.i8.i, %.24.i.i13.i
  %.26.i.i14.i = fadd float %.16.i.i6.i, %.25.i.i.i
  %.38.i.i = and i32 %3, 1
  %.40.not.i.i = icmp eq i32 %.38.i.i, 0
  %.41.i.i = select i1 %.40.not.i.i, float %.14.i.i4.i, float %.26.i.i14.i
  %.42.i.i = bitcast float %.41.i.i to i32
  %4 = shl i32 %3, 30
  %5 = and i32 %4, -2147483648
  %.533.i.i = xor i32 %5, %.42.i.i
  %6 = bitcast i32 %.533.i.i to float
  %7 = fcmp one float %0, 0x7FF0000000000000
  %.65.i = select i1 %7, float %6, float 0x7FF8000000000000
  store float %.65.i, ptr %retptr, align 4
  ret i32 0
}

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fabs.f32(float) #4

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare i64 @llvm.usub.sat.i64(i64, i64) #4

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fma.f64(double, double, double) #4

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.copysign.f64(double, double) #4

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fabs.f64(double) #4

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare float @llvm.fmuladd.f32(float, float, float) #4

; Function Attrs: cold noinline nounwind
define linkonce_odr <4 x float> @fl_rare_sin_huge_float32_4_slow(<4 x float> %.1, <4 x i1> %.2) local_unnamed_addr #1 !section_prefix !0 {
entry:
  %.4 = extractelement <4 x i1> %.2, i64 0
  br i1 %.4, label %entry.if, label %entry.endif, !prof !1

entry.if:                                         ; preds = %entry
  %.6 = extractelement <4 x float> %.1, i64 0
  %.7 = tail call float @fl_rare_sin_huge_float32(float %.6)
  %.8 = insertelement <4 x float> %.1, float %.7, i64 0
  br label %entry.endif

entry.endif:                                      ; preds = %entry.if, %entry
  %.10 = phi <4 x float> [ %.8, %entry.if ], [ %.1, %entry ]
  %.11 = extractelement <4 x i1> %.2, i64 1
  br i1 %.11, label %entry.endif.if, label %entry.endif.endif, !prof !1

entry.endif.if:                                   ; preds = %entry.endif
  %.13 = extractelement <4 x float> %.1, i64 1
  %.14 = tail call float @fl_rare_sin_huge_float32(float %.13)
  %.15 = insertelement <4 x float> %.10, float %.14, i64 1
  br label %entry.endif.endif

entry.endif.endif:                                ; preds = %entry.endif.if, %entry.endif
  %.17 = phi <4 x float> [ %.15, %entry.endif.if ], [ %.10, %entry.endif ]
  %.18 = extractelement <4 x i1> %.2, i64 2
  br i1 %.18, label %entry.endif.endif.if, label %entry.endif.endif.endif, !prof !1

entry.endif.endif.if:                             ; preds = %entry.endif.endif
  %.20 = extractelement <4 x float> %.1, i64 2
  %.21 = tail call float @fl_rare_sin_huge_float32(float %.20)
  %.22 = insertelement <4 x float> %.17, float %.21, i64 2
  br label %entry.endif.endif.endif

entry.endif.endif.endif:                          ; preds = %entry.endif.endif.if, %entry.endif.endif
  %.24 = phi <4 x float> [ %.22, %entry.endif.endif.if ], [ %.17, %entry.endif.endif ]
  %.25 = extractelement <4 x i1> %.2, i64 3
  br i1 %.25, label %entry.endif.endif.endif.if, label %entry.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.if:                       ; preds = %entry.endif.endif.endif
  %.27 = extractelement <4 x float> %.1, i64 3
  %.28 = tail call float @fl_rare_sin_huge_float32(float %.27)
  %.29 = insertelement <4 x float> %.24, float %.28, i64 3
  br label %entry.endif.endif.endif.endif

entry.endif.endif.endif.endif:                    ; preds = %entry.endif.endif.endif.if, %entry.endif.endif.endif
  %.31 = phi <4 x float> [ %.29, %entry.endif.endif.endif.if ], [ %.24, %entry.endif.endif.endif ]
  ret <4 x float> %.31
}

; Function Attrs: cold noinline nounwind
define linkonce_odr <2 x float> @fl_rare_sin_huge_float32_2_slow(<2 x float> %.1, <2 x i1> %.2) local_unnamed_addr #1 !section_prefix !0 {
entry:
  %.4 = extractelement <2 x i1> %.2, i64 0
  br i1 %.4, label %entry.if, label %entry.endif, !prof !1

entry.if:                                         ; preds = %entry
  %.6 = extractelement <2 x float> %.1, i64 0
  %.7 = tail call float @fl_rare_sin_huge_float32(float %.6)
  %.8 = insertelement <2 x float> %.1, float %.7, i64 0
  br label %entry.endif

entry.endif:                                      ; preds = %entry.if, %entry
  %.10 = phi <2 x float> [ %.8, %entry.if ], [ %.1, %entry ]
  %.11 = extractelement <2 x i1> %.2, i64 1
  br i1 %.11, label %entry.endif.if, label %entry.endif.endif, !prof !1

entry.endif.if:                                   ; preds = %entry.endif
  %.13 = extractelement <2 x float> %.1, i64 1
  %.14 = tail call float @fl_rare_sin_huge_float32(float %.13)
  %.15 = insertelement <2 x float> %.10, float %.14, i64 1
  br label %entry.endif.endif

entry.endif.endif:                                ; preds = %entry.endif.if, %entry.endif
  %.17 = phi <2 x float> [ %.15, %entry.endif.if ], [ %.10, %entry.endif ]
  ret <2 x float> %.17
}

; Function Attrs: cold noinline nounwind
define linkonce_odr <16 x float> @fl_rare_sin_huge_float32_16_slow(<16 x float> %.1, <16 x i1> %.2) local_unnamed_addr #1 !section_prefix !0 {
entry:
  %.4 = extractelement <16 x i1> %.2, i64 0
  br i1 %.4, label %entry.if, label %entry.endif, !prof !1

entry.if:                                         ; preds = %entry
  %.6 = extractelement <16 x float> %.1, i64 0
  %.7 = tail call float @fl_rare_sin_huge_float32(float %.6)
  %.8 = insertelement <16 x float> %.1, float %.7, i64 0
  br label %entry.endif

entry.endif:                                      ; preds = %entry.if, %entry
  %.10 = phi <16 x float> [ %.8, %entry.if ], [ %.1, %entry ]
  %.11 = extractelement <16 x i1> %.2, i64 1
  br i1 %.11, label %entry.endif.if, label %entry.endif.endif, !prof !1

entry.endif.if:                                   ; preds = %entry.endif
  %.13 = extractelement <16 x float> %.1, i64 1
  %.14 = tail call float @fl_rare_sin_huge_float32(float %.13)
  %.15 = insertelement <16 x float> %.10, float %.14, i64 1
  br label %entry.endif.endif

entry.endif.endif:                                ; preds = %entry.endif.if, %entry.endif
  %.17 = phi <16 x float> [ %.15, %entry.endif.if ], [ %.10, %entry.endif ]
  %.18 = extractelement <16 x i1> %.2, i64 2
  br i1 %.18, label %entry.endif.endif.if, label %entry.endif.endif.endif, !prof !1

entry.endif.endif.if:                             ; preds = %entry.endif.endif
  %.20 = extractelement <16 x float> %.1, i64 2
  %.21 = tail call float @fl_rare_sin_huge_float32(float %.20)
  %.22 = insertelement <16 x float> %.17, float %.21, i64 2
  br label %entry.endif.endif.endif

entry.endif.endif.endif:                          ; preds = %entry.endif.endif.if, %entry.endif.endif
  %.24 = phi <16 x float> [ %.22, %entry.endif.endif.if ], [ %.17, %entry.endif.endif ]
  %.25 = extractelement <16 x i1> %.2, i64 3
  br i1 %.25, label %entry.endif.endif.endif.if, label %entry.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.if:                       ; preds = %entry.endif.endif.endif
  %.27 = extractelement <16 x float> %.1, i64 3
  %.28 = tail call float @fl_rare_sin_huge_float32(float %.27)
  %.29 = insertelement <16 x float> %.24, float %.28, i64 3
  br label %entry.endif.endif.endif.endif

entry.endif.endif.endif.endif:                    ; preds = %entry.endif.endif.endif.if, %entry.endif.endif.endif
  %.31 = phi <16 x float> [ %.29, %entry.endif.endif.endif.if ], [ %.24, %entry.endif.endif.endif ]
  %.32 = extractelement <16 x i1> %.2, i64 4
  br i1 %.32, label %entry.endif.endif.endif.endif.if, label %entry.endif.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.endif.if:                 ; preds = %entry.endif.endif.endif.endif
  %.34 = extractelement <16 x float> %.1, i64 4
  %.35 = tail call float @fl_rare_sin_huge_float32(float %.34)
  %.36 = insertelement <16 x float> %.31, float %.35, i64 4
  br label %entry.endif.endif.endif.endif.endif

entry.endif.endif.endif.endif.endif:              ; preds = %entry.endif.endif.endif.endif.if, %entry.endif.endif.endif.endif
  %.38 = phi <16 x float> [ %.36, %entry.endif.endif.endif.endif.if ], [ %.31, %entry.endif.endif.endif.endif ]
  %.39 = extractelement <16 x i1> %.2, i64 5
  br i1 %.39, label %entry.endif.endif.endif.endif.endif.if, label %entry.endif.endif.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.endif.endif.if:           ; preds = %entry.endif.endif.endif.endif.endif
  %.41 = extractelement <16 x float> %.1, i64 5
  %.42 = tail call float @fl_rare_sin_huge_float32(float %.41)
  %.43 = insertelement <16 x float> %.38, float %.42, i64 5
  br label %entry.endif.endif.endif.endif.endif.endif

entry.endif.endif.endif.endif.endif.endif:        ; preds = %entry.endif.endif.endif.endif.endif.if, %entry.endif.endif.endif.endif.endif
  %.45 = phi <16 x float> [ %.43, %entry.endif.endif.endif.endif.endif.if ], [ %.38, %entry.endif.endif.endif.endif.endif ]
  %.46 = extractelement <16 x i1> %.2, i64 6
  br i1 %.46, label %entry.endif.endif.endif.endif.endif.endif.if, label %entry.endif.endif.endif.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.endif.endif.endif.if:     ; preds = %entry.endif.endif.endif.endif.endif.endif
  %.48 = extractelement <16 x float> %.1, i64 6
  %.49 = tail call float @fl_rare_sin_huge_float32(float %.48)
  %.50 = insertelement <16 x float> %.45, float %.49, i64 6
  br label %entry.endif.endif.endif.endif.endif.endif.endif

entry.endif.endif.endif.endif.endif.endif.endif:  ; preds = %entry.endif.endif.endif.endif.endif.endif.if, %entry.endif.endif.endif.endif.endif.endif
  %.52 = phi <16 x float> [ %.50, %entry.endif.endif.endif.endif.endif.endif.if ], [ %.45, %entry.endif.endif.endif.endif.endif.endif ]
  %.53 = extractelement <16 x i1> %.2, i64 7
  br i1 %.53, label %entry.endif.endif.endif.endif.endif.endif.endif.if, label %entry.endif.endif.endif.endif.endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.endif.endif.endif.endif.if: ; preds = %entry.endif.endif.endif.endif.endif.endif.endif
  %.55 = extractelement <16 x float> %.1, i64 7
  %.56 = tail call float @fl_rare_sin_huge_float32(float %.55)
  %.57 = insertelement <16 x float> %.52, float %.56, i64 7
  br label %entry.endif.endif.endif.endif.endif.endif.endif.endif

entry.endif.endif.endif.endif.endif.endif.endif.endif: ; preds = %entry.endif.endif.endif.endif.endif.endif.endif.if, %entry.endif.endif.endif.endif.endif.endif.endif
  %.59 = phi <16 x float> [ %.57, %entry.endif.endif.endif.endif.endif.endif.endif.if ], [ %.52, %entry.endif.endif.endif.endif.endif.endif.endif ]
  %.60 = extractelement <16 x i1> %.2, i64 8
  br i1 %.60, label %entry.endif.endif.endif.e...if, label %entry.endif.endif.endif.e...endif, !prof !1

entry.endif.endif.endif.e...if:                   ; preds = %entry.endif.endif.endif.endif.endif.endif.endif.endif
  %.62 = extractelement <16 x float> %.1, i64 8
  %.63 = tail call float @fl_rare_sin_huge_float32(float %.62)
  %.64 = insertelement <16 x float> %.59, float %.63, i64 8
  br label %entry.endif.endif.endif.e...endif

entry.endif.endif.endif.e...endif:                ; preds = %entry.endif.endif.endif.e...if, %entry.endif.endif.endif.endif.endif.endif.endif.endif
  %.66 = phi <16 x float> [ %.64, %entry.endif.endif.endif.e...if ], [ %.59, %entry.endif.endif.endif.endif.endif.endif.endif.endif ]
  %.67 = extractelement <16 x i1> %.2, i64 9
  br i1 %.67, label %entry.endif.endif.endif.e...endif.if, label %entry.endif.endif.endif.e...endif.endif, !prof !1

entry.endif.endif.endif.e...endif.if:             ; preds = %entry.endif.endif.endif.e...endif
  %.69 = extractelement <16 x float> %.1, i64 9
  %.70 = tail call float @fl_rare_sin_huge_float32(float %.69)
  %.71 = insertelement <16 x float> %.66, float %.70, i64 9
  br label %entry.endif.endif.endif.e...endif.endif

entry.endif.endif.endif.e...endif.endif:          ; preds = %entry.endif.endif.endif.e...endif.if, %entry.endif.endif.endif.e...endif
  %.73 = phi <16 x float> [ %.71, %entry.endif.endif.endif.e...endif.if ], [ %.66, %entry.endif.endif.endif.e...endif ]
  %.74 = extractelement <16 x i1> %.2, i64 10
  br i1 %.74, label %entry.endif.endif.endif.e...endif.endif.if, label %entry.endif.endif.endif.e...endif.endif.endif, !prof !1

entry.endif.endif.endif.e...endif.endif.if:       ; preds = %entry.endif.endif.endif.e...endif.endif
  %.76 = extractelement <16 x float> %.1, i64 10
  %.77 = tail call float @fl_rare_sin_huge_float32(float %.76)
  %.78 = insertelement <16 x float> %.73, float %.77, i64 10
  br label %entry.endif.endif.endif.e...endif.endif.endif

entry.endif.endif.endif.e...endif.endif.endif:    ; preds = %entry.endif.endif.endif.e...endif.endif.if, %entry.endif.endif.endif.e...endif.endif
  %.80 = phi <16 x float> [ %.78, %entry.endif.endif.endif.e...endif.endif.if ], [ %.73, %entry.endif.endif.endif.e...endif.endif ]
  %.81 = extractelement <16 x i1> %.2, i64 11
  br i1 %.81, label %entry.endif.endif.endif.e...endif.endif.endif.if, label %entry.endif.endif.endif.e...endif.endif.endif.endif, !prof !1

entry.endif.endif.endif.e...endif.endif.endif.if: ; preds = %entry.endif.endif.endif.e...endif.endif.endif
  %.83 = extractelement <16 x float> %.1, i64 11
  %.84 = tail call float @fl_rare_sin_huge_float32(float %.83)
  %.85 = insertelement <16 x float> %.80, float %.84, i64 11
  br label %entry.endif.endif.endif.e...endif.endif.endif.endif

entry.endif.endif.endif.e...endif.endif.endif.endif: ; preds = %entry.endif.endif.endif.e...endif.endif.endif.if, %entry.endif.endif.endif.e...endif.endif.endif
  %.87 = phi <16 x float> [ %.85, %entry.endif.endif.endif.e...endif.endif.endif.if ], [ %.80, %entry.endif.endif.endif.e...endif.endif.endif ]
  %.88 = extractelement <16 x i1> %.2, i64 12
  br i1 %.88, label %entry.endif.endif.endif.e...if.1, label %entry.endif.endif.endif.e...endif.1, !prof !1

entry.endif.endif.endif.e...if.1:                 ; preds = %entry.endif.endif.endif.e...endif.endif.endif.endif
  %.90 = extractelement <16 x float> %.1, i64 12
  %.91 = tail call float @fl_rare_sin_huge_float32(float %.90)
  %.92 = insertelement <16 x float> %.87, float %.91, i64 12
  br label %entry.endif.endif.endif.e...endif.1

entry.endif.endif.endif.e...endif.1:              ; preds = %entry.endif.endif.endif.e...if.1, %entry.endif.endif.endif.e...endif.endif.endif.endif
  %.94 = phi <16 x float> [ %.92, %entry.endif.endif.endif.e...if.1 ], [ %.87, %entry.endif.endif.endif.e...endif.endif.endif.endif ]
  %.95 = extractelement <16 x i1> %.2, i64 13
  br i1 %.95, label %entry.endif.endif.endif.e...endif.1.if, label %entry.endif.endif.endif.e...endif.1.endif, !prof !1

entry.endif.endif.endif.e...endif.1.if:           ; preds = %entry.endif.endif.endif.e...endif.1
  %.97 = extractelement <16 x float> %.1, i64 13
  %.98 = tail call float @fl_rare_sin_huge_float32(float %.97)
  %.99 = insertelement <16 x float> %.94, float %.98, i64 13
  br label %entry.endif.endif.endif.e...endif.1.endif

entry.endif.endif.endif.e...endif.1.endif:        ; preds = %entry.endif.endif.endif.e...endif.1.if, %entry.endif.endif.endif.e...endif.1
  %.101 = phi <16 x float> [ %.99, %entry.endif.endif.endif.e...endif.1.if ], [ %.94, %entry.endif.endif.endif.e...endif.1 ]
  %.102 = extractelement <16 x i1> %.2, i64 14
  br i1 %.102, label %entry.endif.endif.endif.e...endif.1.endif.if, label %entry.endif.endif.endif.e...endif.1.endif.endif, !prof !1

entry.endif.endif.endif.e...endif.1.endif.if:     ; preds = %entry.endif.endif.endif.e...endif.1.endif
  %.104 = extractelement <16 x float> %.1, i64 14
  %.105 = tail call float @fl_rare_sin_huge_float32(float %.104)
  %.106 = insertelement <16 x float> %.101, float %.105, i64 14
  br label %entry.endif.endif.endif.e...endif.1.endif.endif

entry.endif.endif.endif.e...endif.1.endif.endif:  ; preds = %entry.endif.endif.endif.e...endif.1.endif.if, %entry.endif.endif.endif.e...endif.1.endif
  %.108 = phi <16 x float> [ %.106, %entry.endif.endif.endif.e...endif.1.endif.if ], [ %.101, %entry.endif.endif.endif.e...endif.1.endif ]
  %.109 = extractelement <16 x i1> %.2, i64 15
  br i1 %.109, label %entry.endif.endif.endif.e...endif.1.endif.endif.if, label %entry.endif.endif.endif.e...endif.1.endif.endif.endif, !prof !1

entry.endif.endif.endif.e...endif.1.endif.endif.if: ; preds = %entry.endif.endif.endif.e...endif.1.endif.endif
  %.111 = extractelement <16 x float> %.1, i64 15
  %.112 = tail call float @fl_rare_sin_huge_float32(float %.111)
  %.113 = insertelement <16 x float> %.108, float %.112, i64 15
  br label %entry.endif.endif.endif.e...endif.1.endif.endif.endif

entry.endif.endif.endif.e...endif.1.endif.endif.endif: ; preds = %entry.endif.endif.endif.e...endif.1.endif.endif.if, %entry.endif.endif.endif.e...endif.1.endif.endif
  %.115 = phi <16 x float> [ %.113, %entry.endif.endif.endif.e...endif.1.endif.endif.if ], [ %.108, %entry.endif.endif.endif.e...endif.1.endif.endif ]
  ret <16 x float> %.115
}

; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.fmuladd.f64(double, double, double) #4

; Function Attrs: alwaysinline nounwind
define linkonce_odr float @fl_scalar_sin_f32(float %p0) local_unnamed_addr #5 {
  %.10.i.i = fpext float %p0 to double
  %.5.i.i.i = tail call double @llvm.fmuladd.f64(double %.10.i.i, double 0x3FE45F306DC9C883, double 0x4338000000000000)
  %.6.i.i.i = fadd double %.5.i.i.i, 0xC338000000000000
  %.7.i.i.i = fneg double %.6.i.i.i
  %.8.i.i.i = tail call double @llvm.fmuladd.f64(double %.7.i.i.i, double 0x3FF921FB54400000, double %.10.i.i)
  %.9.i.i.i = fmul double %.6.i.i.i, 0x3DD0B4611A600000
  %.10.i.i.i = fsub double %.8.i.i.i, %.9.i.i.i
  %.11.i.i.i = fmul double %.6.i.i.i, 0x3BA3198A2E000000
  %.12.i.i.i = fsub double %.10.i.i.i, %.11.i.i.i
  %.52.i.i = fptrunc double %.6.i.i.i to float
  %.55.i.i = fadd float %.52.i.i, 0x4168000000000000
  %.58.i.i = fptrunc double %.12.i.i.i to float
  %1 = bitcast float %.55.i.i to i32
  %.6.i.i1.i = fmul float %.58.i.i, %.58.i.i
  %.7.i.i2.i = fmul float %.6.i.i1.i, %.58.i.i
  %.8.i.i3.i = tail call float @llvm.fmuladd.f32(float %.6.i.i1.i, float 0xBF2994CE00000000, float 0x3F811075C0000000)
  %.9.i.i4.i = tail call float @llvm.fmuladd.f32(float %.8.i.i3.i, float %.6.i.i1.i, float 0xBFC5555460000000)
  %.11.i.i5.i = tail call float @llvm.fmuladd.f32(float %.6.i.i1.i, float -5.000000e-01, float 1.000000e+00)
  %.12.i.i6.i = fmul float %.11.i.i5.i, 0.000000e+00
  %.13.i.i.i = tail call float @llvm.fmuladd.f32(float %.7.i.i2.i, float %.9.i.i4.i, float %.12.i.i6.i)
  %.14.i.i.i = fadd float %.13.i.i.i, %.58.i.i
  %.15.i.i.i = fmul float %.6.i.i1.i, 5.000000e-01
  %.16.i.i.i = fsub float 1.000000e+00, %.15.i.i.i
  %.17.i.i.i = fsub float 1.000000e+00, %.16.i.i.i
  %.18.i.i.i = fsub float %.17.i.i.i, %.15.i.i.i
  %.19.i.i.i = fmul float %.6.i.i1.i, %.6.i.i1.i
  %.20.i.i.i = tail call float @llvm.fmuladd.f32(float %.6.i.i1.i, float 0x3EF9A00E60000000, float 0xBF56C0C880000000)
  %.21.i.i.i = tail call float @llvm.fmuladd.f32(float %.20.i.i.i, float %.6.i.i1.i, float 0x3FA55554A0000000)
  %.23.i.i.i = fmul float %.58.i.i, -0.000000e+00
  %.24.i.i.i = tail call float @llvm.fmuladd.f32(float %.19.i.i.i, float %.21.i.i.i, float %.23.i.i.i)
  %.25.i.i.i = fadd float %.24.i.i.i, %.18.i.i.i
  %.26.i.i.i = fadd float %.16.i.i.i, %.25.i.i.i
  %.38.i.i = and i32 %1, 1
  %.40.not.i.i = icmp eq i32 %.38.i.i, 0
  %.41.i.i = select i1 %.40.not.i.i, float %.14.i.i.i, float %.26.i.i.i
  %.42.i.i = bitcast float %.41.i.i to i32
  %2 = shl i32 %1, 30
  %3 = and i32 %2, -2147483648
  %.533.i.i = xor i32 %3, %.42.i.i
  %4 = bitcast i32 %.533.i.i to float
  %.42.i = tail call float @llvm.fabs.f32(float %p0)
  %.43.i = fcmp olt float %.42.i, 0x3F20000000000000
  %.70.i = select i1 %.43.i, float %p0, float %4
  %.76.i = fcmp olt float %.42.i, 0x4130000000000000
  br i1 %.76.i, label %good, label %B164.i

B164.i:                                           ; preds = %0
  %.79.i = tail call float @fl_rare_sin_huge_float32(float %p0), !noalias !9
  br label %good

good:                                             ; preds = %B164.i, %0
  %out.0 = phi float [ %.79.i, %B164.i ], [ %.70.i, %0 ]
  ret float %out.0
}

attributes #0 = { alwaysinline nounwind }
attributes #1 = { cold noinline nounwind }
attributes #2 = { cold noinline nounwind "vector-function-abi-variant"="_ZGV_LLVM_M2v_fl_rare_sin_huge_float32(fl_rare_sin_huge_float32_2),_ZGV_LLVM_M4v_fl_rare_sin_huge_float32(fl_rare_sin_huge_float32_4),_ZGV_LLVM_M8v_fl_rare_sin_huge_float32(fl_rare_sin_huge_float32_8),_ZGV_LLVM_M16v_fl_rare_sin_huge_float32(fl_rare_sin_huge_float32_16)" }
attributes #3 = { mustprogress nofree norecurse nosync nounwind willreturn memory(argmem: write) }
attributes #4 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #5 = { alwaysinline nounwind }
attributes #6 = { nounwind }

!0 = !{!"section_prefix", !"unlikely"}
!1 = !{!"branch_weights", i32 1, i32 99}
!2 = !{!3, !5, !7}
!3 = distinct !{!3, !4, !"fl_part_sin_f32_1: %retptr"}
!4 = distinct !{!4, !"fl_part_sin_f32_1"}
!5 = distinct !{!5, !6, !"fl_part_sin_f32_2: %retptr"}
!6 = distinct !{!6, !"fl_part_sin_f32_2"}
!7 = distinct !{!7, !8, !"fl_part_sin_f32_3: %retptr"}
!8 = distinct !{!8, !"fl_part_sin_f32_3"}
!9 = !{!10, !12, !14}
!10 = distinct !{!10, !11, !"fl_part_sin_f32_4: %retptr"}
!11 = distinct !{!11, !"fl_part_sin_f32_4"}
!12 = distinct !{!12, !13, !"fl_part_sin_f32_5: %retptr"}
!13 = distinct !{!13, !"fl_part_sin_f32_5"}
!14 = distinct !{!14, !13, !"fl_part_sin_f32_5: %excinfo"}
